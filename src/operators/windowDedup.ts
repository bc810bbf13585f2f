import { ConfigError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Rejected, SelectingOperator, Selector } from '../core/unit.ts'
import { watermark, type Watermark } from '../core/watermark.ts'
import { fingerprintTable } from './dedup/fingerprintTable.ts'
import { keyLog } from './dedup/keyLog.ts'

export interface WindowDedupOptions<In> {
  /** What makes two records the same. */
  readonly key: (record: NoInfer<In>) => string
  /** When the record happened: a Date, or milliseconds since 1970 UTC. */
  readonly eventTime: (record: NoInfer<In>) => Date | number
  /** Records with equal keys whose event times are at most this far apart are repeats, ms. */
  readonly windowMs: number
  /** How far behind the watermark a record may be before it is late, ms. @defaultValue windowMs */
  readonly allowedLatenessMs?: number
  /** How far the watermark stays behind the highest event time, ms. @defaultValue 0 */
  readonly outOfOrdernessMs?: number
  /** A partition without records for this long no longer holds the watermark back, ms. @defaultValue 60000 */
  readonly idleMs?: number
}

const PASS = 0
const DUPLICATE = 1
const LATE = 2

/**
 * Lets the first record of each key through and sends repeats to the port `duplicate`: a record is a
 * repeat if one with the same key was let through whose event time is at most `windowMs` away.
 *
 * **State** one 128-bit fingerprint a key: at most 24 bytes a key (40 where the window is bounded), plus
 * 384 KiB. A key is forgotten when the watermark has passed its event time by `windowMs` plus
 * `allowedLatenessMs`; with `windowMs: Infinity` every key is kept. Snapshots are incremental.
 *
 * **Event time** first come, first served: the order of arrival decides, whatever the event times. A record
 * behind watermark − `allowedLatenessMs` goes to the port `late`; one exactly there is in time.
 *
 * **Delivery** decisions are part of the checkpoint: the same input gives the same answer after any crash,
 * for any batch boundaries and any number of threads.
 *
 * @throws ConfigError `SBX_OPTION` for a negative or missing duration.
 * @example
 * ```ts
 * windowDedup({ key: (post: Post) => post.id, eventTime: (post) => post.createdAtMs, windowMs: hours(24) })
 * ```
 * @see Kafka Streams' deduplication and Flink's `Deduplicate` (keep first row, event time).
 */
export function windowDedup<In>(
  options: WindowDedupOptions<In>,
): SelectingOperator<In, { duplicate: In; late: Rejected }> {
  const { key, eventTime, windowMs } = options
  const allowedLatenessMs = options.allowedLatenessMs ?? windowMs
  const outOfOrdernessMs = options.outOfOrdernessMs ?? 0
  const idleMs = options.idleMs ?? 60_000
  for (const [name, value] of Object.entries({
    windowMs,
    allowedLatenessMs,
    outOfOrdernessMs,
    idleMs,
  })) {
    if (typeof value === 'number' && value >= 0) continue
    throw new ConfigError(`windowDedup: ${name} must be a duration of 0 ms or more, not ${value}`, {
      code: 'SBX_OPTION',
    })
  }
  return Object.freeze({
    kind: 'operator',
    type: 'windowDedup',
    state: 'keyed',
    options: Object.freeze({
      windowMs: finite(windowMs),
      allowedLatenessMs: finite(allowedLatenessMs),
      outOfOrdernessMs,
      idleMs: finite(idleMs),
    }),
    ports: Object.freeze(['duplicate', 'late']),
    rejecting: Object.freeze(['late']),
    key,
    eventTimeMs: (record: In) => Number(eventTime(record)),
    open: () => selector(windowMs, allowedLatenessMs, { outOfOrdernessMs, idleMs }),
  })
}

/** JSON has no Infinity. */
const finite = (durationMs: number): number | string =>
  Number.isFinite(durationMs) ? durationMs : 'Infinity'

function selector(
  windowMs: number,
  allowedLatenessMs: number,
  options: { readonly outOfOrdernessMs: number; readonly idleMs: number },
): Selector {
  const timed = Number.isFinite(windowMs)
  const table = fingerprintTable(windowMs)
  const log = keyLog(timed)
  let mark: Watermark = watermark(options)
  const horizon = (): number => mark.current() - windowMs - allowedLatenessMs

  return {
    select({ count, fingerprints, eventTimesMs, partition, ingestedAtMs }) {
      const fates = new Uint8Array(count)
      mark.arrive(partition, ingestedAtMs)
      for (let i = 0, at = 0; i < count; i++, at += 4) {
        const time = eventTimesMs[i]!
        if (time < mark.current() - allowedLatenessMs) {
          fates[i] = LATE
          continue
        }
        mark.observe(partition, time)
        const a = fingerprints[at]!
        const b = fingerprints[at + 1]!
        const c = fingerprints[at + 2]!
        const d = fingerprints[at + 3]!
        if (table.add(a, b, c, d, time)) {
          log.append(a, b, c, d, time)
          fates[i] = PASS
        } else fates[i] = DUPLICATE
      }
      if (timed) table.forgetBefore(horizon())
      return fates
    },
    async restore(state) {
      const saved: Json = await log.restore(state, table.add)
      mark = watermark(options, saved)
      if (timed) table.forgetBefore(horizon())
    },
    snapshot: (read) => log.snapshot(timed ? horizon() : -Infinity, read, mark.save()),
    added: log.added,
    size: table.size,
  }
}
