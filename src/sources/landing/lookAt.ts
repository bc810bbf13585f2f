import { join, sep } from 'node:path'
import type { DiskIo } from '../../lake/diskIo.ts'

/** How a name in the landing zone looks now. */
export interface Look {
  readonly path: string
  readonly absolute: string
  readonly size: number
  readonly mtimeMs: number
  /** Why it can't be read, as far as that shows from outside. */
  readonly problem?: string
}

/**
 * Looks at one name without opening it: what is no regular file (a pipe would never answer), or lies
 * outside the root behind a link, is a problem. Undefined where it is gone.
 *
 * @param root - Its real path, without links.
 */
export async function lookAt(disk: DiskIo, root: string, path: string): Promise<Look | undefined> {
  const absolute = join(root, path)
  const look = { path, absolute, size: 0, mtimeMs: 0 }
  try {
    let stats = await disk.lstat(absolute)
    if (stats.isSymbolicLink()) {
      const link = { ...look, size: stats.size, mtimeMs: stats.mtimeMs }
      try {
        const target = await disk.realpath(absolute)
        if (!target.startsWith(root.endsWith(sep) ? root : root + sep)) {
          return { ...link, problem: 'it is a link to outside the landing zone' }
        }
        stats = await disk.stat(target)
      } catch (error) {
        return { ...link, problem: `it is a link that leads nowhere (${messageOf(error)})` }
      }
    }
    const seen = { ...look, size: stats.size, mtimeMs: stats.mtimeMs }
    return stats.isFile() ? seen : { ...seen, problem: 'it is no regular file' }
  } catch (error) {
    if (!GONE.includes((error as NodeJS.ErrnoException).code ?? '')) {
      return { ...look, problem: messageOf(error) }
    }
    // Names come as text: one that isn't UTF-8 can't be asked for.
    return path.includes('\ufffd') ? { ...look, problem: 'its name is not UTF-8' } : undefined
  }
}

/** The second one: a folder on the way is a file now. */
const GONE = ['ENOENT', 'ENOTDIR']

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
