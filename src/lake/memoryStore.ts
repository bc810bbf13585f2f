import { createHash, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

import { ConfigError, SinkError } from '../core/errors.ts'
import { checkKey, checkPrefix } from './checkKey.ts'
import type { ObjectInfo, ObjectStore, ObjectWriter, Seen, StagedObject } from './objectStore.ts'
import { publishConflict } from './publishConflict.ts'
import { stageByStreaming } from './stageByStreaming.ts'

export interface MemoryStoreOptions {
  /** What `modifiedMs` is taken from, ms since 1970 UTC. @defaultValue `Date.now` */
  readonly now?: () => number
}

interface Stored {
  readonly bytes: Uint8Array
  readonly copyOf?: string
  readonly modifiedMs: number
}

/**
 * A lake in this thread's memory, for tests: keeps the whole contract of an `ObjectStore`.
 *
 * @param id - for people and logs; `openLake('memory:<id>')` shares one store by it
 */
export function memoryStore(
  id = 'unnamed',
  { now = Date.now }: MemoryStoreOptions = {},
): ObjectStore {
  const objects = new Map<string, Stored>()
  const staged = new Map<string, { task: string; key: string; bytes: Uint8Array }>()
  const url = `memory:${id}`

  const put = (key: string, bytes: Uint8Array): void =>
    void objects.set(key, { bytes, modifiedMs: now() })

  const seenAt = (key: string): Seen | undefined => {
    const there = objects.get(checkKey(key))
    if (there === undefined) return undefined
    const tag = createHash('md5').update(there.bytes).digest('hex')
    return { tag, ...(there.copyOf !== undefined && { copyOf: there.copyOf }) }
  }

  const store: ObjectStore = {
    url,
    localPath: () => undefined,

    create: async (key, bytes) => {
      if (objects.has(checkKey(key))) return 'exists'
      put(key, new Uint8Array(bytes))
      return 'created'
    },

    replace: async (key, bytes) => put(checkKey(key), new Uint8Array(bytes)),

    has: async (key) => objects.has(checkKey(key)),

    read: async (key) => objects.get(checkKey(key))?.bytes.slice(),

    fetch: async (key, path) => {
      const bytes = objects.get(checkKey(key))?.bytes
      if (bytes !== undefined) await writeFile(path, bytes, { flag: 'wx' })
      return bytes !== undefined
    },

    look: async (key) => seenAt(key),

    swap: async (from, to, seen) => {
      const source = objects.get(checkKey(from))
      if (source === undefined) return 'missing'
      if (seenAt(to)?.tag !== seen?.tag) return 'changed'
      objects.set(to, { bytes: source.bytes, modifiedMs: now(), copyOf: from })
      return 'swapped'
    },

    list: async function* (prefix) {
      checkPrefix(prefix)
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix))
      for (const key of keys.sort()) {
        const stored = objects.get(key)
        if (stored !== undefined) yield infoOf(key, stored)
      }
    },

    remove: async (key) => void objects.delete(checkKey(key)),

    openWriter: (key) => {
      checkKey(key)
      return collector((bytes) => {
        if (objects.has(key)) throw occupied(url, key)
        put(key, bytes)
      })
    },

    stage: (task, key) => {
      checkTask(task)
      checkKey(key)
      const token = randomUUID()
      const writer = collector((bytes) => void staged.set(token, { task, key, bytes }))
      return { ...writer, close: async () => ({ key, staged: token, ...(await writer.close()) }) }
    },

    stageFile: (task, key, path) => stageByStreaming(store.stage(task, key), path),

    publish: async (object) => {
      const waiting = staged.get(object.staged)
      const there = objects.get(checkKey(object.key))?.bytes
      if (waiting === undefined && there === undefined) return 'missing'
      const bytes = there ?? waiting?.bytes
      if (bytes === undefined || !isSame(bytes, object)) throw publishConflict(url, object)
      if (there === undefined) put(object.key, bytes)
      staged.delete(object.staged)
      return there === undefined ? 'published' : 'already'
    },

    discard: async (object) => void staged.delete(object.staged),

    listStaged: async function* (task) {
      checkTask(task)
      for (const [token, { task: owner, key }] of [...staged]) {
        if (owner === task) yield { key, staged: token, bytes: 0, checksum: 0 }
      }
    },
  }
  return Object.freeze(store)
}

function checkTask(task: string): void {
  if (task !== '') return
  throw new ConfigError('a task needs a name', { code: 'SBX_LAKE_KEY' })
}

function isSame(bytes: Uint8Array, object: StagedObject): boolean {
  return bytes.byteLength === object.bytes && crc32(bytes) === object.checksum
}

function infoOf(key: string, { bytes, modifiedMs }: Stored): ObjectInfo {
  return { key, bytes: bytes.byteLength, modifiedMs }
}

function occupied(url: string, key: string): SinkError {
  return new SinkError(`can't write ${key} in ${url}: it exists, and nothing is overwritten`, {
    code: 'SBX_LAKE_EXISTS',
  })
}

function collector(done: (bytes: Uint8Array) => void): ObjectWriter {
  const pieces: Uint8Array[] = []
  return {
    write: async (bytes) => void pieces.push(new Uint8Array(bytes)),
    close: async () => {
      const bytes = Buffer.concat(pieces)
      done(bytes)
      return { bytes: bytes.byteLength, checksum: crc32(bytes) }
    },
    abort: async () => void (pieces.length = 0),
  }
}
