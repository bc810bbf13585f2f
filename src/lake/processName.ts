import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Pids mean something within one host and, in containers, one pid namespace only. */
const PLACE = encodeURIComponent(`${hostname().slice(0, 64)}.${pidNamespace()}`)
const NAME = /^(.+)-(\d+)$/

/** A name for this process that others can tell to be alive or gone: `<host>.<pid namespace>-<pid>`. */
export const processName = `${PLACE}-${process.pid}`

/** True if the process of that name ran beside this one and has ended; false where nobody can tell. */
export function isGone(name: string): boolean {
  const [, place, pid] = NAME.exec(name) ?? []
  if (place !== PLACE) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}
