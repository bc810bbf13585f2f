import { access, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SourceError } from '../core/errors.ts'
import type { ObjectStore } from '../lake/objectStore.ts'
import type { LocalTable } from './build/bindSource.ts'
import type { TableVersion } from './build/sourceTable.ts'

/** Files that are fetched at the same time. */
const AT_ONCE = 4

/**
 * A table's files where DuckDB can read them: in the lake itself where that is a folder, else fetched
 * to `cache`, where later builds find them: data files never change.
 */
export async function localTable(
  store: ObjectStore,
  path: string,
  table: TableVersion,
  cache: string,
): Promise<LocalTable> {
  const folder = store.localPath(path)
  if (folder !== undefined) return { ...table, folder }

  const wanted = new Set(table.files.map((file) => file.path))
  await forgetOthers(cache, wanted)
  const waiting = [...wanted]
  const fetchAll = async () => {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      await fetchFile(store, `${path}/${file}`, join(cache, file))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, fetchAll))
  return { ...table, folder: cache }
}

/** A local path of one object: its own where the lake is a folder, else it is fetched to `to`. */
export async function localObject(store: ObjectStore, key: string, to: string): Promise<string> {
  const path = store.localPath(key)
  if (path !== undefined) return path
  await fetchFile(store, key, to)
  return to
}

/** Copies one object to a local file. */
export async function fetchFile(store: ObjectStore, key: string, to: string): Promise<void> {
  const isThere = await access(to).then(
    () => true,
    () => false,
  )
  if (isThere) return
  await mkdir(dirname(to), { recursive: true })
  const partial = `${to}.part`
  await rm(partial, { force: true })
  if (!(await store.fetch(key, partial))) {
    throw new SourceError(`${store.url}/${key} is gone, though its table's log still names it`, {
      code: 'SBX_MODELS_SOURCE',
    })
  }
  await rename(partial, to)
}

/** Removes what the table does not hold any more. */
async function forgetOthers(cache: string, wanted: ReadonlySet<string>): Promise<void> {
  await mkdir(cache, { recursive: true })
  for (const entry of await readdir(cache, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !wanted.has(path.slice(cache.length + 1))) await rm(path)
  }
}
