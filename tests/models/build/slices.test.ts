import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  SLICE_ROWS,
  compareKeys,
  filesToRewrite,
  packSlices,
} from '../../../src/models/build/slices.ts'

const half = SLICE_ROWS / 2
const slice = (from: string, to: string) => ({ column: 'day', from, to })

describe('packSlices', () => {
  it('fills slices in the order of their keys', () => {
    const keys = ['1', '2', '3', '10'].map((key) => ({ key, rows: half }))
    expect(packSlices('day', keys)).toEqual([slice('1', '2'), slice('3', '10')])
  })

  it('never reaches over a slice that stays', () => {
    const keys = ['1', '9'].map((key) => ({ key, rows: 1 }))
    expect(packSlices('day', keys)).toEqual([slice('1', '9')])
    expect(packSlices('day', keys, [slice('4', '5')])).toEqual([slice('1', '1'), slice('9', '9')])
  })

  it('has every key in exactly one slice, whatever stays', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1 })
    fc.assert(
      fc.property(numbers, fc.integer({ min: 0, max: 55 }), (all, start) => {
        const kept = slice(String(start), String(start + 5))
        const keys = all
          .filter((key) => key < start || key > start + 5)
          .sort((one, other) => one - other)
          .map((key) => ({ key: String(key), rows: SLICE_ROWS / 3 }))
        const slices = [...packSlices('day', keys, [kept]), kept]
        for (const key of [...keys.map((one) => Number(one.key)), start]) {
          const holders = slices.filter(({ from, to }) => Number(from) <= key && key <= Number(to))
          expect(holders).toHaveLength(1)
        }
      }),
    )
  })
})

describe('filesToRewrite', () => {
  const files = [
    { path: 'a', rows: SLICE_ROWS, slice: slice('2024-06-01', '2024-06-02') },
    { path: 'b', rows: 5, slice: slice('2024-06-05', '2024-06-06') },
  ]
  const rewritten = (...changed: string[]) => filesToRewrite(files, changed).map(({ path }) => path)

  it('takes those that hold a changed key', () => {
    expect(rewritten('2024-06-02')).toEqual(['a'])
    expect(rewritten('2024-06-02', '2024-06-05')).toEqual(['a', 'b'])
    expect(rewritten()).toEqual([])
  })

  it('puts a new key into the file before it, unless that is full', () => {
    expect(rewritten('2024-06-07')).toEqual(['b'])
    expect(rewritten('2024-06-03')).toEqual([])
  })

  it('takes files that hold everything', () => {
    expect(filesToRewrite([{ rows: 1 }], [])).toHaveLength(1)
  })
})

describe('compareKeys', () => {
  it('orders numbers by value and days by time', () => {
    expect(['10', '9', '-1'].sort(compareKeys)).toEqual(['-1', '9', '10'])
    expect(['2024-10-01', '2024-09-30'].sort(compareKeys)).toEqual(['2024-09-30', '2024-10-01'])
  })
})
