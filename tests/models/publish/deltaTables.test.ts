import { describe, expect, it } from 'vitest'
import type { Column } from '../../../src/core/columns.ts'
import { deltaLog } from '../../../src/lake/delta/deltaLog.ts'
import { memoryStore } from '../../../src/lake/memoryStore.ts'
import { deltaTables } from '../../../src/models/publish/deltaTables.ts'
import type { NewContent } from '../../../src/models/publish/deltaTables.ts'

const clock = { now: () => 1_700_000_000_000 }
const id: Column = { name: 'id', type: 'int64', nullable: true }
const content = (epoch: number, own: Partial<NewContent> = {}): NewContent => ({
  columns: [id],
  files: [{ path: `part-${epoch}.parquet`, bytes: 100, rows: 3 }],
  rows: 3,
  appId: 'L/shop/gold/gold',
  epoch,
  positions: { versions: { orders: epoch } },
  ...own,
})

describe('deltaTables', () => {
  it('knows no table before the first content', async () => {
    expect(await deltaTables(memoryStore(), clock).newest('gold/t')).toBeUndefined()
  })

  it('replaces what a table holds in one entry, which names its writer and what was read', async () => {
    const store = memoryStore()
    const tables = deltaTables(store, clock)
    expect(await tables.setContent('gold/t', content(1))).toBe(0)
    expect(await tables.setContent('gold/t', content(2))).toBe(1)
    const entry = await deltaLog({ store, path: 'gold/t', clock }).entry(1)
    expect(entry).toMatchObject([
      { commitInfo: { operation: 'WRITE', positions: { versions: { orders: 2 } } } },
      { remove: { path: 'part-1.parquet', dataChange: true, size: 100 } },
      { add: { path: 'part-2.parquet', dataChange: true, stats: '{"numRecords":3}' } },
      { txn: { appId: 'L/shop/gold/gold', version: 2 } },
    ])
    expect(await tables.newest('gold/t')).toBe(1)
    expect(await tables.at('gold/t', 1)).toMatchObject({
      columns: [id],
      partitionColumns: [],
      files: [{ path: 'part-2.parquet', partitionValues: {} }],
    })
  })

  it('leaves files that stay, and brings back those that are gone', async () => {
    const store = memoryStore()
    const tables = deltaTables(store, clock)
    const [one, two, three] = ['1', '2', '3'].map((day) => ({
      ...{ path: `part-${day}.parquet`, bytes: 10, rows: 1 },
      slice: { column: 'id', from: `${day}0`, to: `${day}9` },
    }))
    await tables.setContent('gold/t', content(1, { files: [one!, two!] }))
    await tables.setContent('gold/t', content(2, { files: [one!, three!] }))
    const log = deltaLog({ store, path: 'gold/t', clock })
    expect(await log.entry(1)).toMatchObject([
      { commitInfo: {} },
      { remove: { path: 'part-2.parquet' } },
      {
        add: {
          path: 'part-3.parquet',
          stats:
            '{"numRecords":1,"minValues":{"id":30},"maxValues":{"id":39},"nullCount":{"id":0}}',
        },
      },
      { txn: {} },
    ])
    await tables.setContent('gold/t', content(3, { files: [one!, two!] }))
    expect([...(await log.snapshot()).files.keys()].sort()).toEqual([
      'part-1.parquet',
      'part-2.parquet',
    ])
  })

  it('does nothing for what is done, and says in which version it is', async () => {
    const store = memoryStore()
    const tables = deltaTables(store, clock)
    await tables.setContent('gold/t', content(1))
    await tables.setContent('gold/t', content(2))
    expect(await deltaTables(store, clock).setContent('gold/t', content(1))).toBe(0)
    expect(await tables.newest('gold/t')).toBe(1)
  })

  it('refuses an epoch that is in the table with another file', async () => {
    const tables = deltaTables(memoryStore(), clock)
    await tables.setContent('gold/t', content(1))
    await expect(
      tables.setContent(
        'gold/t',
        content(1, { files: [{ path: 'other.parquet', bytes: 1, rows: 1 }] }),
      ),
    ).rejects.toMatchObject({ code: 'SBX_MODELS_CHECKPOINT' })
  })

  it('changes the columns of a table with its content', async () => {
    const tables = deltaTables(memoryStore(), clock)
    await tables.setContent('gold/t', content(1))
    const columns = [id, { name: 'note', type: 'string', nullable: true } as const]
    await tables.setContent('gold/t', content(2, { columns }))
    const version = await tables.newest('gold/t')
    expect((await tables.at('gold/t', version ?? -1)).columns).toEqual(columns)
  })

  it('reads a table as it was, and refuses a version that it does not have', async () => {
    const tables = deltaTables(memoryStore(), clock)
    await tables.setContent('gold/t', content(1))
    await tables.setContent('gold/t', content(2))
    expect((await tables.at('gold/t', 0)).files).toMatchObject([{ path: 'part-1.parquet' }])
    await expect(tables.at('gold/t', 2)).rejects.toMatchObject({ code: 'SBX_MODELS_SOURCE' })
  })
})
