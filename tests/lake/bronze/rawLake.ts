import { SinkError } from '../../../src/core/errors.ts'
import type { FileClaims } from '../../../src/core/upkeep.ts'
import { listRawFiles } from '../../../src/lake/bronze/listRawFiles.ts'
import { rawFolds, type RawFoldOptions, type RawFolds } from '../../../src/lake/bronze/rawFolds.ts'
import type { ObjectInfo, ObjectStore } from '../../../src/lake/objectStore.ts'

export const path = 'bronze/twitter'
/** Two hours after the files came. */
export const NOW = Date.UTC(2024, 5, 10, 14, 30)
export const hour = `${path}/ingest_date=2024-06-10/hour=12/`

export const noClaims: FileClaims = { isNamed: () => false, isDecided: async () => true }

export const foldsOn = (store: ObjectStore, options: Partial<RawFoldOptions> = {}): RawFolds =>
  rawFolds({
    ...{ store, path, clock: { now: () => NOW }, targetBytes: 4096, closedMs: 0 },
    ...{ claims: async () => noClaims, breathe: async () => {} },
    ...options,
  })

export const foldAll = async (folds: RawFolds): Promise<number> => {
  let count = 0
  while ((await folds.step()) !== undefined) count++
  return count
}

async function linesOf(store: ObjectStore, files: Iterable<ObjectInfo>): Promise<string[]> {
  const lines: string[] = []
  for (const { key } of files) {
    const text = Buffer.from((await store.read(key)) ?? []).toString()
    const own = text.split(/\r?\n/).filter((line) => line !== '')
    lines.push(...(key.endsWith('.csv') ? own.slice(1) : own))
  }
  return lines.sort()
}

/** What whoever lists the folder counts. */
export async function plainLines(store: ObjectStore, folder = path): Promise<string[]> {
  const files: ObjectInfo[] = []
  for await (const file of store.list(`${folder}/`)) files.push(file)
  return linesOf(store, files)
}

export const trueLines = async (store: ObjectStore): Promise<string[]> =>
  linesOf(store, await listRawFiles(store, path))

export async function keysBelow(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

export async function waiting(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.listStaged('_compaction')) keys.push(key)
  return keys
}

/** A store that asks before every call, and tells afterwards. */
export function watched(
  store: ObjectStore,
  before: (call: string) => Promise<void>,
  after: (call: string) => Promise<void> = async () => {},
): ObjectStore {
  const around = async <T>(call: string, real: () => Promise<T>): Promise<T> => {
    await before(call)
    const result = await real()
    await after(call)
    return result
  }
  return {
    ...store,
    create: (key, bytes) => around(`create ${key}`, () => store.create(key, bytes)),
    replace: (key, bytes) => around(`replace ${key}`, () => store.replace(key, bytes)),
    read: (key) => around(`read ${key}`, () => store.read(key)),
    has: (key) => around(`has ${key}`, () => store.has(key)),
    remove: (key) => around(`remove ${key}`, () => store.remove(key)),
    async *list(prefix) {
      await before(`list ${prefix}`)
      yield* store.list(prefix)
    },
    async *listStaged(task) {
      await before(`listStaged ${task}`)
      yield* store.listStaged(task)
    },
    stage(task, key) {
      const writer = store.stage(task, key)
      return {
        write: (bytes) => around(`write ${key}`, () => writer.write(bytes)),
        close: () => around(`stage ${key}`, () => writer.close()),
        abort: () => writer.abort(),
      }
    },
    publish: (object) => around(`publish ${object.key}`, () => store.publish(object)),
    discard: (object) => around(`discard ${object.key}`, () => store.discard(object)),
  }
}

export const noAnswer = (call: string): SinkError =>
  new SinkError(`no answer to ${call}`, { code: 'SBX_LAKE_IO', retryable: true })
