import { codeOf } from './diskError.ts'
import type { DiskIo } from './diskIo.ts'

/**
 * Gives a file another path, where nothing is overwritten. Where it can't have a second name, in another file system,
 * it is copied, with its time. The new name is not synced.
 */
export async function moveFile(disk: DiskIo, from: string, to: string): Promise<void> {
  try {
    await disk.link(from, to)
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes(codeOf(error))) throw error
    const { mtimeMs } = await disk.stat(from)
    await disk.copyFile(from, to)
    await disk.setTime(to, Math.round(mtimeMs))
  }
  await disk.unlink(from)
}
