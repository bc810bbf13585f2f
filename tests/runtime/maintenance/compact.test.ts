import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { ObjectStore } from '../../../src/lake/objectStore.ts'
import { closeLake, openLake, presetLake } from '../../../src/lake/openLake.ts'
import { compact } from '../../../src/runtime/maintenance/compact.ts'
import { vacuum } from '../../../src/runtime/maintenance/vacuum.ts'
import { append, filesBelow, logOf, path, rowsOf } from '../../lake/delta/smallTable.ts'

async function table(): Promise<{ lake: string; store: ObjectStore }> {
  const lake = `memory:${randomUUID()}`
  const store = await openLake(lake)
  await append(store, logOf(store), 'a', 0, 5)
  await append(store, logOf(store), 'b', 5, 3)
  return { lake, store }
}

test('folds every partition and says what became of it', async () => {
  const { lake, store } = await table()
  const rows = await rowsOf(store)
  const done = await compact({ lake, path })
  expect(done).toMatchObject({ filesBefore: 8, filesAfter: 2 })
  expect(done.bytesAfter).toBeLessThan(done.bytesBefore)
  expect(await rowsOf(store)).toEqual(rows)
  expect(await compact({ lake, path })).toMatchObject({ filesBefore: 0, filesAfter: 0 })
  closeLake(lake)
})

test('ends though others add files faster than they can be folded', async () => {
  const { lake, store } = await table()
  const other = logOf(store)
  let added = 8
  presetLake(lake, {
    ...store,
    async read(key) {
      if (key.endsWith('.parquet') && added < 200) {
        for (let n = 0; n < 3; n++) await append(store, other, 'a', added++, 1)
      }
      return store.read(key)
    },
  })
  expect(await compact({ lake, path })).toMatchObject({ filesBefore: 8, filesAfter: 2 })
  expect(added).toBeLessThan(50)
  expect(await rowsOf(store)).toHaveLength(3 * added)
  closeLake(lake)
})

test('vacuum says what would go, and takes it at the second call', async () => {
  const { lake, store } = await table()
  await compact({ lake, path })
  const planned = await vacuum({ lake, path, retentionMs: 0, dryRun: true })
  expect(planned.deleted).toHaveLength(8)
  expect(await vacuum({ lake, path })).toMatchObject({ deleted: [], kept: 8 })
  expect(await vacuum({ lake, path, retentionMs: 0 })).toMatchObject({ deleted: planned.deleted })
  expect(await filesBelow(store)).toHaveLength(2)
  expect(await rowsOf(store)).toHaveLength(24)
  closeLake(lake)
})

test('refuses impossible options and folders that are no tables', async () => {
  const { lake } = await table()
  await expect(compact({ lake, path, targetBytes: 0 })).rejects.toMatchObject({
    code: 'SBX_OPTION',
  })
  await expect(vacuum({ lake, path, retentionMs: -1 })).rejects.toMatchObject({
    code: 'SBX_OPTION',
  })
  for (const call of [compact, vacuum]) {
    await expect(call({ lake, path: 'silver/none' })).rejects.toMatchObject({
      code: 'SBX_NO_TABLE',
    })
  }
  const giveUp = AbortSignal.abort(new Error('enough'))
  await expect(compact({ lake, path, signal: giveUp })).rejects.toThrow('enough')
  closeLake(lake)
})
