import { realDisk } from '../../lake/diskIo.ts'

/**
 * Lets the disk begin with what a file has, which somebody waits for later: then little is left. What goes wrong with it,
 * goes wrong again there.
 *
 * @returns calls for a file that is still under way are left out
 */
export function syncAhead(): (path: string) => void {
  const busy = new Set<string>()
  return (path) => {
    if (busy.has(path)) return
    busy.add(path)
    const done = () => void busy.delete(path)
    realDisk.syncFile(path).then(done, done)
  }
}
