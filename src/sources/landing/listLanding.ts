import type { Dirent } from 'node:fs'
import { join } from 'node:path'
import type { DiskIo } from '../../lake/diskIo.ts'
import { codePointOrder } from './codePointOrder.ts'

/** A name in the landing zone that may be read. */
export interface Listed {
  /** Below the root, `/`-separated. */
  readonly path: string
  /** A folder that can't be listed: why not. */
  readonly problem?: NodeJS.ErrnoException
}

export interface ListOptions {
  readonly disk: DiskIo
  readonly root: string
  /** Whether a file of this name is read. */
  takes(name: string): boolean
  /** A link to a folder was found, which is not followed. */
  onLinkedFolder(path: string): void
}

/**
 * Every file below the root that may be read, by code points of its path. Hidden names and links to folders
 * are left out; rejects where the root itself can't be listed.
 */
export async function listLanding(options: ListOptions): Promise<Listed[]> {
  const found: Listed[] = []
  const folders = ['']
  for (let folder; (folder = folders.pop()) !== undefined;) {
    let entries: readonly Dirent[]
    try {
      entries = await options.disk.readdir(join(options.root, folder))
    } catch (error) {
      if (folder === '') throw error
      const problem = error as NodeJS.ErrnoException
      // Gone since its parent was listed.
      if (problem.code !== 'ENOENT') found.push({ path: folder, problem })
      continue
    }
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) folders.push(path)
      else if (entry.isSymbolicLink() && (await isFolder(options, path)))
        options.onLinkedFolder(path)
      else if (options.takes(entry.name)) found.push({ path })
    }
  }
  return found.sort((a, b) => codePointOrder(a.path, b.path))
}

async function isFolder({ disk, root }: ListOptions, path: string): Promise<boolean> {
  try {
    return (await disk.stat(join(root, path))).isDirectory()
  } catch {
    return false
  }
}
