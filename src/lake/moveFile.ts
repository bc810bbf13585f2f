import { codeOf } from './diskError.ts'
import type { DiskIo } from './diskIo.ts'

/**
 * Gives a file another path, where nothing is overwritten. Where it can't have a second name, in another file system,
 * it is copied. The new name is not synced.
 */
export async function moveFile(disk: DiskIo, from: string, to: string): Promise<void> {
  try {
    await disk.link(from, to)
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes(codeOf(error))) throw error
    await disk.copyFile(from, to)
  }
  await disk.unlink(from)
}
