import { expect, test } from 'vitest'
import type { AddFile } from '../../../src/lake/delta/actions.ts'
import { chooseFiles } from '../../../src/lake/delta/chooseFiles.ts'

const file = (path: string, size: number, p = 'a'): AddFile => ({
  ...{ path, size, partitionValues: { p }, modificationTime: 0, dataChange: true },
})
const options = { targetBytes: 1000, minFiles: 2, maxFiles: 100, tiered: false }
const all = (): boolean => false
const chosen = (...args: Parameters<typeof chooseFiles>) =>
  chooseFiles(...args)?.map(({ path }) => path)

test('chooses the partition with the most small files, smallest first', () => {
  const files = [
    file('1', 10),
    file('2', 5),
    ...[3, 2, 1].map((size) => file(`b${size}`, size, 'b')),
  ]
  expect(chosen(files, all, options)).toEqual(['b1', 'b2', 'b3'])
  expect(chosen(files.slice(0, 2), all, options)).toEqual(['2', '1'])
})

test('leaves large files, spared ones, and those that would be too much', () => {
  const files = [file('a', 501), file('b', 500), file('c', 499), file('d', 2), file('e', 1)]
  expect(chosen(files, all, options)).toEqual(['e', 'd', 'c'])
  expect(chosen(files, (path) => path === 'd', options)).toEqual(['e', 'c', 'b'])
  expect(chosen(files, all, { ...options, maxFiles: 2 })).toEqual(['e', 'd'])
  expect(chosen(files, all, { ...options, minFiles: 4 })).toBeUndefined()
  expect(chosen([file('a', 1)], all, { ...options, minFiles: 1 })).toBeUndefined()
  expect(chosen([], all, options)).toBeUndefined()
})

test('in tiers no file is rewritten for the sake of a few that are much smaller', () => {
  const tiered = { ...options, tiered: true }
  const small = [1, 2, 3, 4].map((n) => file(`${n}`, 10))
  expect(chosen([...small, file('large', 41)], all, tiered)).toEqual(['1', '2', '3', '4'])
  expect(chosen([...small, file('large', 40)], all, tiered)).toHaveLength(5)
  expect(chosen([file('a', 1), file('b', 100)], all, tiered)).toBeUndefined()
})

test('in tiers a row is rewritten a logarithmic number of times', () => {
  const tiered = { ...options, targetBytes: 1 << 20, minFiles: 8, tiered: true }
  let files: AddFile[] = []
  let rewritten = 0
  for (let n = 0; n < 4096; n++) {
    files.push(file(`f${n}`, 10))
    const choice = chooseFiles(files, all, tiered)
    if (choice === undefined) continue
    const size = choice.reduce((sum, one) => sum + one.size, 0)
    rewritten += size
    files = [...files.filter((one) => !choice.includes(one)), file(`c${n}`, size)]
  }
  expect(files.length).toBeLessThan(32)
  expect(rewritten / 40_960).toBeLessThan(12)
})
