import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { compileFunction } from '../../src/core/compileFunction.ts'

test('makes a function of its parameters and its body', () => {
  const add = compileFunction<(a: number, b: number) => number>(['a', 'b'], 'return a + b')
  expect(add?.(1, 2)).toBe(3)
})

test('gives none where functions may not be made of text', () => {
  const url = import.meta.resolve('../../src/core/compileFunction.ts')
  const script = `import { compileFunction } from '${url}'; console.log(compileFunction([], 'return 1'))`
  const { stdout, stderr } = spawnSync(process.execPath, [
    ...['--disallow-code-generation-from-strings', '--input-type=module', '-e', script],
  ])
  expect(stderr.toString()).toBe('')
  expect(stdout.toString()).toBe('undefined\n')
})

test('a body that is no code is an error of whoever wrote it', () => {
  expect(() => compileFunction([], 'return (')).toThrow(SyntaxError)
})
