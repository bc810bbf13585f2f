import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Which process something belongs to, so that others on the same host can see whether it lives. */
export interface ProcessIdentity {
  readonly host: string
  readonly pid: number
  /** Start time in clock ticks since boot, where the system tells: a pid alone may be used again. */
  readonly startTicks: string | null
}

/** This process. */
export const ownIdentity = (): ProcessIdentity => ({
  host: hostname(),
  pid: process.pid,
  startTicks: startTicksOf(process.pid) ?? null,
})

/** True if the process ran on this host and is gone; false where that can't be known. */
export function isGone({ host, pid, startTicks }: ProcessIdentity): boolean {
  if (host !== hostname()) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  return startTicks !== null && startTicksOf(pid) !== startTicks
}

/** Field 22 of `/proc/<pid>/stat`, counted behind the command, which may hold spaces. */
function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
