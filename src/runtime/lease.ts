import type { Clock } from '../core/clock.ts'
import { seconds } from '../core/durations.ts'
import type { ObjectStore } from '../lake/objectStore.ts'
import { isGone, ownIdentity, type ProcessIdentity } from '../lake/processIdentity.ts'

/** Who holds a task, as the lease object says. */
export interface Holder extends ProcessIdentity {
  readonly runId: string
  readonly generation: number
}

/** A task that this process holds. */
export interface Lease {
  /** Aborted when somebody else has taken the task, or the lease could not be renewed in time. */
  readonly lost: AbortSignal
  /** Gives the task back; others take it at once. */
  release(): Promise<void>
}

export interface LeaseOptions {
  readonly store: ObjectStore
  readonly topology: string
  readonly runId: string
  readonly clock: Clock
}

interface LeaseBody extends ProcessIdentity {
  readonly runId: string
  readonly renewals: number
  readonly released: boolean
}

/** What an observer saw last, and since when it has not changed. */
interface Seen {
  readonly generation: number
  readonly body: LeaseBody | undefined
  readonly text: string
  sinceMs: number
}

const UNKNOWN = { host: 'unknown', pidNamespace: '0', pid: 0, startTicks: null, runId: 'unknown' }

export const RENEW_MS = seconds(2)
export const STALE_MS = seconds(10)
const LOOK_MS = 500

/**
 * Takes a task, waiting while somebody else holds it. Leases give liveness only: that nothing is lost or
 * doubled where two hold the same task for a while is the commit protocol's doing.
 *
 * A lease is an object `_leases/<topology>/<task>/<generation>`, made create-if-absent and renewed every
 * 2 s. It is stale when an observer has seen no renewal for 10 s of his own clock, or at once when the
 * process that wrote it ran on this host and is gone.
 *
 * @param onWait - Called at each look while another process holds the task, with how long it has not renewed
 *   its lease. May throw to give up.
 * @param signal - Aborted: don't wait; take it now or never.
 * @returns The lease, or undefined if `signal` was aborted while somebody else held the task.
 */
export async function acquireLease(
  options: LeaseOptions,
  task: string,
  signal: AbortSignal,
  onWait: (holder: Holder, quietMs: number) => void,
): Promise<Lease | undefined> {
  const { store, topology, clock } = options
  const folder = `_leases/${topology}/${task}/`
  let seen: Seen | undefined
  for (;;) {
    const newest = await readNewest(store, folder, clock)
    if (
      newest !== undefined &&
      newest.text === seen?.text &&
      newest.generation === seen.generation
    ) {
      newest.sinceMs = seen.sinceMs
    }
    seen = newest
    const quietMs = clock.now() - (seen?.sinceMs ?? 0)
    if (seen === undefined || isFree(seen, quietMs)) {
      const lease = await take(options, folder, (seen?.generation ?? 0) + 1)
      if (lease !== undefined) return lease
      continue
    }
    const { body, generation } = seen
    if (signal.aborted) return undefined
    onWait({ ...(body ?? UNKNOWN), generation }, quietMs)
    await clock.sleep(LOOK_MS, signal)
  }
}

const isFree = ({ body }: Seen, quietMs: number): boolean =>
  body?.released === true || (body !== undefined && isGone(body)) || quietMs >= STALE_MS

const keyOf = (folder: string, generation: number): string =>
  `${folder}${String(generation).padStart(10, '0')}`

async function generations(store: ObjectStore, folder: string): Promise<number[]> {
  const found: number[] = []
  for await (const { key } of store.list(folder)) {
    const name = key.slice(folder.length)
    if (/^\d{10}$/.test(name)) found.push(Number(name))
  }
  return found
}

async function readNewest(
  store: ObjectStore,
  folder: string,
  clock: Clock,
): Promise<Seen | undefined> {
  const generation = (await generations(store, folder)).at(-1)
  if (generation === undefined) return undefined
  const bytes = await store.read(keyOf(folder, generation))
  const text = Buffer.from(bytes ?? []).toString()
  return { generation, body: parse(text), text, sinceMs: clock.now() }
}

/** Undefined for what is no lease: it counts as held until it is stale. */
function parse(text: string): LeaseBody | undefined {
  try {
    const body = JSON.parse(text) as LeaseBody
    return Number.isInteger(body.pid) && typeof body.host === 'string' ? body : undefined
  } catch {
    return undefined
  }
}

async function take(
  { store, runId, clock }: LeaseOptions,
  folder: string,
  generation: number,
): Promise<Lease | undefined> {
  const key = keyOf(folder, generation)
  const body = (renewals: number, released = false): Uint8Array =>
    Buffer.from(JSON.stringify({ ...ownIdentity(), runId, renewals, released } satisfies LeaseBody))
  if ((await store.create(key, body(0))) === 'exists') return undefined
  for (const older of await generations(store, folder)) {
    if (older < generation) await store.remove(keyOf(folder, older))
  }

  const lost = new AbortController()
  const ended = new AbortController()
  const renew = async (): Promise<void> => {
    let renewedMs = clock.now()
    for (let renewals = 1; ; renewals++) {
      await clock.sleep(RENEW_MS, ended.signal)
      if (ended.signal.aborted) return
      try {
        const newest = (await generations(store, folder)).at(-1)
        if (newest !== undefined && newest > generation) break
        await store.replace(key, body(renewals))
        renewedMs = clock.now()
      } catch {
        // The next renewal may succeed; past the time at which others see it as stale it is lost.
        if (clock.now() - renewedMs >= STALE_MS) break
      }
    }
    lost.abort()
  }
  const renewing = renew()
  return {
    lost: lost.signal,
    async release() {
      ended.abort()
      await renewing
      if (!lost.signal.aborted) await store.replace(key, body(0, true)).catch(() => {})
    },
  }
}
