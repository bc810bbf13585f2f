import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Every file of a project below `folder`, relative to its root, `/`-separated, in name order. */
export function listFiles(root: string, folder: string): string[] {
  return entriesOf(join(root, folder))
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      return entry.isDirectory() ? listFiles(root, path) : [path]
    })
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
