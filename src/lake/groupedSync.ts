import type { DiskIo } from './diskIo.ts'

interface Group {
  running: Promise<void> | undefined
  next: Promise<void> | undefined
}

/**
 * Syncs folders, once for all who ask while a sync of the same folder runs: each caller's names were
 * there before the sync that it waits for began, so a barrier that closes fifty files in one folder
 * pays for two or three.
 */
export function groupedSync(disk: DiskIo): (folder: string) => Promise<void> {
  const groups = new Map<string, Group>()

  const start = (folder: string, group: Group): Promise<void> => {
    group.next = undefined
    const running = disk.syncFolder(folder).finally(() => {
      if (group.running === running) group.running = undefined
      if (group.next === undefined && group.running === undefined) groups.delete(folder)
    })
    group.running = running
    return running
  }

  return (folder) => {
    const group = groups.get(folder) ?? { running: undefined, next: undefined }
    groups.set(folder, group)
    if (group.running === undefined) return start(folder, group)
    const again = (): Promise<void> => start(folder, group)
    group.next ??= group.running.then(again, again)
    return group.next
  }
}
