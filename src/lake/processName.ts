import { isGone as isProcessGone, ownIdentity } from './processIdentity.ts'

const NAME = /^(.+)\.(\d+)-(\d+)-(\d*)$/
const { host, pidNamespace, pid, startTicks } = ownIdentity()

/** A name for this process that others can tell to be alive or gone: `<host>.<pid namespace>-<pid>-<start>`. */
export const processName = `${encodeURIComponent(host)}.${pidNamespace}-${pid}-${startTicks ?? ''}`

/** True if the process of that name ran beside this one and has ended; false where nobody can tell. */
export function isGone(name: string): boolean {
  const [, place, pidNamespace, pid, ticks] = NAME.exec(name) ?? []
  if (place !== encodeURIComponent(host)) return false
  const startTicks = ticks === '' ? null : ticks!
  return isProcessGone({ host, pidNamespace: pidNamespace!, pid: Number(pid), startTicks })
}
