import { join } from 'node:path'

import { codeOf } from './diskError.ts'
import type { DiskIo } from './diskIo.ts'
import { fileTag } from './fileTag.ts'
import type { ObjectInfo } from './objectStore.ts'

const STATS_AT_ONCE = 64

/** Every file below `folder` in the order of its key; `skip` names a folder at the top to leave out. */
export async function* walkFolder(
  disk: DiskIo,
  folder: string,
  prefix: string,
  skip?: string,
): AsyncGenerator<ObjectInfo> {
  const names = (await namesIn(disk, folder)).filter((name) => name !== skip)
  for (let at = 0; at < names.length;) {
    const name = names[at] as string
    if (name.endsWith('/')) {
      yield* walkFolder(disk, join(folder, name), prefix + name)
      at++
      continue
    }
    let end = at + 1
    while (end < at + STATS_AT_ONCE && names[end]?.endsWith('/') === false) end++
    const files = names
      .slice(at, end)
      .map((file) => infoOf(disk, join(folder, file), prefix + file))
    for (const info of await Promise.all(files)) if (info !== undefined) yield info
    at = end
  }
}

/** Sorted as keys are: a folder's name counts with its `/`. Links are followed. */
async function namesIn(disk: DiskIo, folder: string): Promise<string[]> {
  const entries = await disk.readdir(folder).catch(ifGone([]))
  const names = await Promise.all(
    entries.map(async (entry) => {
      if (entry.isFile()) return entry.name
      if (entry.isDirectory()) return `${entry.name}/`
      const stat = await disk.stat(join(folder, entry.name)).catch(ifGone(undefined))
      if (stat?.isDirectory() === true) return `${entry.name}/`
      return stat?.isFile() === true ? entry.name : ''
    }),
  )
  return names.filter((name) => name !== '').sort()
}

async function infoOf(disk: DiskIo, path: string, key: string): Promise<ObjectInfo | undefined> {
  const stat = await disk.stat(path).catch(ifGone(undefined))
  return stat && { key, bytes: stat.size, modifiedMs: stat.mtimeMs, tag: fileTag(stat) }
}

/** A file that went away while it was being listed is not in the listing. */
function ifGone<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return instead
    throw error
  }
}
