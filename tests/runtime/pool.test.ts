import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../src/runtime/run.ts'
import { dyingThreads } from './dyingThreads.ts'

const module = new URL('dyingThreads.ts', import.meta.url).href
const newLake = (): string => mkdtempSync(join(tmpdir(), 'sluicebox-pool-'))

test.each([
  ['throws later', /thrown outside of its call/],
  ['ends the process', /code 7/],
] as const)('a thread whose user code %s ends the run, and the run says why', async (how, why) => {
  const settings = { lake: newLake(), how }
  await expect(run(dyingThreads, { module, settings, parallelism: 2 }).done).rejects.toMatchObject({
    code: 'SBX_THREAD_ENDED',
    message: expect.stringMatching(why) as string,
  })
})

test('a topology can ask in a thread whether it is the module that Node was started with', async () => {
  const settings = { lake: newLake(), how: 'names its script' as const }
  await expect(run(dyingThreads, { module, settings, parallelism: 2 }).done).rejects.toThrow(
    /main false, .*src.runtime.worker\.ts/,
  )
})

test('a process with nothing else to do waits until the run has settled', () => {
  const program = `
    import { run } from '${new URL('../../src/runtime/run.ts', import.meta.url).href}'
    import { dyingThreads } from '${module}'
    const settings = { lake: process.argv[1], how: 'throws later' }
    await run(dyingThreads, { module: '${module}', settings, parallelism: 2 }).done
      .catch((error) => console.log(error.code))
  `
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program, newLake()],
    { encoding: 'utf8' },
  )
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'SBX_THREAD_ENDED\n' })
})
