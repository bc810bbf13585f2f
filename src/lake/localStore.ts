import { dirname, join, resolve } from 'node:path'

import { CheckpointError, ConfigError, SinkError } from '../core/errors.ts'
import { checkKey, checkPrefix } from './checkKey.ts'
import { codeOf, diskError, linkError } from './diskError.ts'
import { realDisk } from './diskIo.ts'
import type { DiskIo } from './diskIo.ts'
import { durableFolders } from './durableFolders.ts'
import { fileChecksum } from './fileChecksum.ts'
import { fileTag } from './fileTag.ts'
import { groupedSync } from './groupedSync.ts'
import { tempFiles } from './localTemp.ts'
import { localWriter } from './localWriter.ts'
import { moveFile } from './moveFile.ts'
import type { ObjectStore, ObjectWriter, StagedObject } from './objectStore.ts'
import { placeFile } from './placeFile.ts'
import { publishConflict } from './publishConflict.ts'
import { readyCopies } from './readyCopies.ts'
import { walkFolder } from './walkFolder.ts'

export interface LocalStoreOptions {
  /** The file system. @defaultValue `realDisk` */
  readonly disk?: DiskIo
}

const STAGING = '_staging'
const TEMP = '_tmp'

/**
 * A lake in a folder. Every object gets its name by `link()` of a synced file, which fails where the
 * name is taken; nothing is ever renamed over except by `replace` and `swap`. Staged objects wait as
 * `_staging/<task>/<key, URI-encoded>`.
 *
 * **Delivery**: what resolved survives a power cut: files and the folders that name them are synced,
 * the latter once for all who wait.
 *
 * @param root - the folder; made at the first write
 * @throws ConfigError `SBX_LAKE_KEY`, `SBX_LAKE_NO_LINKS`; SinkError `SBX_LAKE_FULL`,
 *   `SBX_LAKE_READ_ONLY`, `SBX_LAKE_DENIED`, `SBX_LAKE_NO_FOLDER`, `SBX_LAKE_TOO_MANY_FILES`,
 *   `SBX_LAKE_EXISTS`, `SBX_LAKE_IO`; CheckpointError `SBX_PUBLISH_CONFLICT`
 * @example
 * ```ts
 * const lake = localStore('./lake')
 * await lake.create('_leases/feed/1', new TextEncoder().encode('{}')) // 'created', later 'exists'
 * ```
 */
export function localStore(root: string, { disk = realDisk }: LocalStoreOptions = {}): ObjectStore {
  const base = resolve(root)
  const sync = groupedSync(disk)
  const folders = durableFolders(disk, base, sync)
  const temp = tempFiles(disk, join(base, STAGING, TEMP), folders)
  const copies = readyCopies(disk)
  const pathOf = (key: string): string => join(base, checkKey(key))

  const state = async (object: StagedObject): Promise<'absent' | 'same' | 'other'> => {
    const path = pathOf(object.key)
    const stat = await disk.stat(path).catch(ifAbsent(undefined))
    if (stat === undefined) return 'absent'
    if (stat.size !== object.bytes) return 'other'
    return (await fileChecksum(disk, path)).checksum === object.checksum ? 'same' : 'other'
  }

  /** Like `link`, but a name that this very file has already is no conflict (NFS repeats calls). */
  const linkOnce = async (from: string, to: string): Promise<boolean> => {
    try {
      await folders.within(dirname(to), () => disk.link(from, to))
      return true
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw error
      if (codeOf(error) !== 'EEXIST') throw linkError(from, to, error)
      const [a, b] = await Promise.all([disk.stat(from), disk.stat(to)])
      return a.ino === b.ino && a.dev === b.dev
    }
  }

  const unlink = (path: string): Promise<void> =>
    disk.unlink(path).catch(ifAbsent(undefined)).catch(failed('remove', path))

  const store: ObjectStore = {
    url: base,
    localPath: (key) => pathOf(key),

    create: async (key, bytes) => {
      const path = pathOf(key)
      const file = await temp.write(bytes).catch(failed('create', path))
      try {
        const linked = await linkOnce(file, path)
        // Also where another process made it: who acts on it must not see it undone by a power cut.
        await sync(dirname(path))
        return linked ? 'created' : 'exists'
      } catch (error) {
        throw diskError('create', path, error, true)
      } finally {
        await temp.remove(file)
      }
    },

    replace: async (key, bytes) => {
      const path = pathOf(key)
      const file = await temp.write(bytes).catch(failed('replace', path))
      try {
        await folders.within(dirname(path), () => disk.rename(file, path))
        await sync(dirname(path))
      } catch (error) {
        await temp.remove(file)
        throw diskError('replace', path, error, true)
      }
    },

    read: async (key) => {
      const path = pathOf(key)
      try {
        return await disk.readFile(path)
      } catch (error) {
        if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error))) return undefined
        throw diskError('read', path, error)
      }
    },

    has: async (key) => {
      const path = pathOf(key)
      try {
        return (await disk.stat(path)).isFile()
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return false
        throw diskError('look for', path, error)
      }
    },

    fetch: async (key, path) => {
      try {
        await disk.copyFile(pathOf(key), path)
        return true
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes(codeOf(error)) && !(await store.has(key))) return false
        throw diskError(`copy ${key} to`, path, error)
      }
    },

    look: async (key) => {
      const path = pathOf(key)
      const stat = await disk.stat(path).catch(ifAbsent(undefined)).catch(failed('look at', path))
      return stat && { tag: fileTag(stat) }
    },

    swap: async (from, to) => {
      try {
        const tools = { disk, temp, folders, sync, ready: copies.take(pathOf(from)) }
        await placeFile(tools, pathOf(from), pathOf(to))
        return 'swapped'
      } catch (error) {
        if (codeOf(error) === 'ENOENT' && !(await store.has(from))) return 'missing'
        throw diskError('put in place', pathOf(to), error)
      }
    },

    list: async function* (prefix) {
      const folder = join(base, checkPrefix(prefix))
      if (prefix.startsWith(`${STAGING}/`)) return
      try {
        yield* walkFolder(disk, folder, prefix, prefix === '' ? `${STAGING}/` : undefined)
      } catch (error) {
        throw diskError('list', folder, error)
      }
    },

    remove: async (key) => {
      await copies.forget(pathOf(key))
      await unlink(pathOf(key))
    },

    openWriter: (key) => {
      const path = pathOf(key)
      return namingErrors('write', path, localWriter(disk, path, folders, sync))
    },

    stage: (task, key) => {
      const staged = stagingKey(task, key)
      const path = pathOf(staged)
      const writer = namingErrors('stage', path, localWriter(disk, path, folders, sync))
      return { ...writer, close: async () => ({ key, staged, ...(await writer.close()) }) }
    },

    copyAhead: async (path) => {
      const copy = await temp.copy(path)
      return { ...copy, discard: () => temp.remove(copy.path) }
    },

    stageFile: async (task, key, source, { isGiven = false, copy } = {}) => {
      const staged = stagingKey(task, key)
      const path = pathOf(staged)
      const place = () => (isGiven ? moveFile(disk, source, path) : disk.copyFile(source, path))
      try {
        await folders.within(dirname(path), place)
        const isSame = await copies.keep(pathOf(key), path, copy)
        const digest = isSame ? copy! : fileChecksum(disk, path)
        const [{ bytes, checksum }] = await Promise.all([digest, disk.syncFile(path)])
        await sync(dirname(path))
        return { key, staged, bytes, checksum }
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') await disk.unlink(path).catch(() => {})
        throw diskError(`copy ${source} to`, path, error)
      }
    },

    publish: async (object) => {
      const to = pathOf(object.key)
      const from = pathOf(checkStaged(object.staged))
      try {
        const linked =
          (await isWhole(from, object)) && (await linkOnce(from, to).catch(ifAbsent(false)))
        if (!linked) {
          const found = await state(object)
          if (found === 'absent') return 'missing'
          if (found === 'other') throw publishConflict(base, object)
        }
        await sync(dirname(to))
        await disk.unlink(from).catch(ifAbsent(undefined))
        return linked ? 'published' : 'already'
      } catch (error) {
        throw diskError('publish', to, error, true)
      }
    },

    discard: async (object) => unlink(pathOf(checkStaged(object.staged))),

    listStaged: async function* (task) {
      const prefix = stagingKey(task, '')
      for await (const { key } of walkFolder(disk, join(base, prefix), prefix)) {
        const name = decodeURIComponent(key.slice(prefix.length))
        yield { key: name, staged: key, bytes: 0, checksum: 0 }
      }
    },
  }

  /** False where nothing waits there any more. */
  const isWhole = async (path: string, object: StagedObject): Promise<boolean> => {
    const stat = await disk.stat(path).catch(ifAbsent(undefined))
    if (stat !== undefined && stat.size !== object.bytes) throw damaged(path, object, stat.size)
    return stat !== undefined
  }

  return Object.freeze(store)
}

function stagingKey(task: string, key: string): string {
  const name = encodeURIComponent(task)
  if (name === '' || name === TEMP || /^\.+$/.test(name)) {
    throw new ConfigError(`${JSON.stringify(task)} can't be the name of a task`, {
      code: 'SBX_LAKE_KEY',
    })
  }
  if (key === '') return `${STAGING}/${name}/`
  return checkKey(`${STAGING}/${name}/${encodeURIComponent(checkKey(key))}`)
}

function checkStaged(staged: string): string {
  if (staged.startsWith(`${STAGING}/`)) return staged
  throw new CheckpointError(`${JSON.stringify(staged)} is no staged file of a local lake`, {
    code: 'SBX_STAGED_NAME',
  })
}

function damaged(path: string, object: StagedObject, size: number): CheckpointError {
  return new CheckpointError(
    `${path} should be published with ${object.bytes} bytes but has ${size}: it was changed or cut ` +
      'while it waited. Nothing was published; restore that file and run again',
    { code: 'SBX_PUBLISH_CONFLICT' },
  )
}

const ifAbsent =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (codeOf(error) === 'ENOENT') return instead
    throw error
  }

const failed =
  (action: string, path: string) =>
  (error: unknown): never => {
    throw diskError(action, path, error)
  }

function namingErrors(action: string, path: string, writer: ObjectWriter): ObjectWriter {
  const named = (error: unknown): never => {
    if (codeOf(error) !== 'EEXIST') throw diskError(action, path, error)
    throw new SinkError(`can't ${action} ${path}: it exists, and nothing is overwritten`, {
      code: 'SBX_LAKE_EXISTS',
      cause: error,
    })
  }
  return {
    write: (bytes) => writer.write(bytes).catch(named),
    close: () => writer.close().catch(named),
    abort: () => writer.abort(),
  }
}
