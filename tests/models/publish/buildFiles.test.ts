import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { CheckpointError } from '../../../src/core/errors.ts'
import {
  databaseKey,
  parseBuildKey,
  splitFiles,
  tableKey,
} from '../../../src/models/publish/buildFiles.ts'

describe('keys of builds', () => {
  it('say whose they are, whatever is in the names', () => {
    const names = fc.record({
      task: fc.stringMatching(/^[a-zA-Z][\w.-]{0,20}$/),
      epoch: fc.nat(),
      attempt: fc
        .tuple(fc.nat(), fc.stringMatching(/^[0-9a-z]{1,12}$/))
        .map((parts) => parts.join('-')),
    })
    fc.assert(
      fc.property(names, fc.nat(), (name, version) => {
        expect(parseBuildKey(tableKey('gold', 'dim_date', version, name))).toEqual(name)
        expect(parseBuildKey(databaseKey('a/b', version, name))).toEqual(name)
      }),
    )
  })

  it.each([
    'gold/_versions/1.json',
    'gold/gold.duckdb',
    'gold/t/part-1.parquet',
    'gold/t/_delta_log/1.json',
  ])('leave %s to others', (key) => {
    expect(parseBuildKey(key)).toBeUndefined()
  })
})

describe('splitFiles', () => {
  it('refuses a checkpoint without a database', () => {
    expect(() => splitFiles([])).toThrow(CheckpointError)
  })
})
