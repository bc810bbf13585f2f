import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SourceError } from '../../core/errors.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'

/** Files that are fetched at the same time: each passes through memory. */
const AT_ONCE = 4

/**
 * Where DuckDB can read these objects: in the lake itself where that is a folder, else as copies in
 * `folder`, each below one of its own since their names alone are not unique.
 */
export async function localFiles(
  store: ObjectStore,
  keys: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  const paths = new Array<string>(keys.length)
  const waiting = [...keys.entries()]
  const fetchAll = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [index, key] = next
      paths[index] =
        store.localPath(key) ?? (await fetched(store, key, join(folder, String(index))))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, fetchAll))
  return paths
}

async function fetched(store: ObjectStore, key: string, folder: string): Promise<string> {
  const bytes = await store.read(key)
  if (bytes === undefined) {
    throw new SourceError(`${store.url}/${key} is gone, though it was listed a moment ago`, {
      code: 'SBX_QUALITY_SOURCE',
      retryable: true,
    })
  }
  await mkdir(folder, { recursive: true })
  const path = join(folder, basename(key))
  await writeFile(path, bytes)
  return path
}
