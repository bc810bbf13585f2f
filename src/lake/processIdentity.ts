import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Which process something belongs to, so that others beside it can see whether it lives. */
export interface ProcessIdentity {
  readonly host: string
  /** A pid means something within one host and, in containers, one pid namespace only; '0' where there are none. */
  readonly pidNamespace: string
  readonly pid: number
  /** Start time in clock ticks since boot, where the system tells: a pid alone may be used again. */
  readonly startTicks: string | null
}

/** This process. */
export const ownIdentity = (): ProcessIdentity => ({
  host: hostname().slice(0, 64),
  pidNamespace: pidNamespace(),
  pid: process.pid,
  startTicks: startTicksOf(process.pid) ?? null,
})

/** True if the process ran beside this one and is gone; false where that can't be known. */
export function isGone(identity: ProcessIdentity): boolean {
  const own = ownIdentity()
  const { host, pidNamespace, pid, startTicks } = identity
  if (host !== own.host || pidNamespace !== own.pidNamespace) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  return startTicks !== null && startTicksOf(pid) !== startTicks
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
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
