import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { memoryStore } from '../../../src/lake/memoryStore.ts'
import type { ObjectStore } from '../../../src/lake/objectStore.ts'
import { makeDurable } from '../../../src/models/publish/makeDurable.ts'

const request = { task: 'gold', epoch: 3, attempt: '2-a', inputs: {} }

/** A build with one table of two files. */
async function built() {
  const folder = await mkdtemp(join(tmpdir(), 'sluicebox-test-durable-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const written = async (name: string): Promise<string> => {
    await writeFile(join(folder, name), name)
    return join(folder, name)
  }
  const part = async (name: string) => ({ path: await written(name), rows: 1, slice: undefined })
  const files = [await part('sales-0'), await part('sales-1')]
  const sales = { name: 'sales', rows: 2, columns: [], kept: [], files }
  return { database: await written('gold.duckdb'), tables: [sales], figures: {} }
}

test('names every file with its length and checksum, and the database what it is made of', async () => {
  const store = memoryStore()
  const how = { store, path: 'gold', version: 7, copy: undefined }
  const files = await makeDurable(request, await built(), how)
  for (const { key, bytes } of files) expect((await store.read(key))?.length).toBe(bytes)
  expect(files.map(({ detail }) => detail)).toMatchObject([
    { kind: 'table', model: 'sales' },
    { kind: 'table', model: 'sales' },
    { kind: 'database', version: 7, tables: { sales: { rows: 2, files: [{ rows: 1 }, {}] } } },
  ])
})

test('where an upload fails it waits for those beside it', async () => {
  const store = memoryStore()
  const go = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<void>()
  const closed: string[] = []
  const lake: ObjectStore = {
    ...store,
    openWriter: (key) => {
      const writer = store.openWriter(key)
      const close = async () => {
        if (closed.push(key) === 1) {
          failed.resolve()
          throw new Error('the server is gone')
        }
        await go.promise
        return writer.close()
      }
      return { ...writer, close }
    },
  }
  let isOver = false
  const how = { store: lake, path: 'gold', version: 7, copy: undefined }
  const making = makeDurable(request, await built(), how)
  making.catch(() => (isOver = true))
  await failed.promise
  await setImmediate()
  expect(isOver).toBe(false)
  go.resolve()
  await expect(making).rejects.toThrow('the server is gone')
  // Two files of a table, and the database.
  expect(closed).toHaveLength(3)
})
