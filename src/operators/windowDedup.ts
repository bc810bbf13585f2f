import { ConfigError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { OperatorContext, Rejected, SelectingOperator, Selector } from '../core/unit.ts'
import { watermark, type WatermarkOptions } from '../core/watermark.ts'
import { wordsOf } from './dedup/entries.ts'
import { keyLog } from './dedup/keyLog.ts'
import { spillingTable } from './dedup/spillingTable.ts'

/** A field of a record that is a string in every one. */
type TextField<In> = {
  [Name in keyof In & string]: In[Name] extends string ? Name : never
}[keyof In & string]

export interface WindowDedupOptions<In> {
  /** What makes two records the same: a field that is a string, or a function. A field is read without an object. */
  readonly key: TextField<NoInfer<In>> | ((record: NoInfer<In>) => string)
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

/** The first and the last day of a Date are this far from 1970. */
const MAX_DATE_MS = 8.64e15
const DUPLICATE = 1
const LATE = 2
/** Records whose memory is fetched at once: misses of the cache overlap instead of following each other. */
const WARM = 32

/**
 * Lets the first record of each key through and sends repeats to the port `duplicate`: a record is a
 * repeat if one with the same key was let through whose event time is at most `windowMs` away.
 *
 * **State** one 128-bit fingerprint a key: at most 24 bytes a key, 40 where the window is bounded, plus
 * 5 MiB (7 MiB) and 16 bytes (24) for each key of the running epoch. A key is forgotten when the watermark
 * has passed its event time by `windowMs` plus `allowedLatenessMs`; with `windowMs: Infinity` every key is
 * kept. Snapshots are incremental. Where the run has a `memory`, keys that have no room go to a nameless file in
 * the system's folder for temporary files, with 1.5 bytes each in memory.
 *
 * **Event time** first come, first served: the order of arrival decides, whatever the event times. A record
 * behind watermark − `allowedLatenessMs` goes to the port `late` and is not remembered; one exactly there is
 * in time. An event time that is no date stops the run with an OperatorError: turn such records down before.
 *
 * **Delivery** decisions are part of the checkpoint: the same input gives the same answer after any crash,
 * for any batch boundaries and any number of threads.
 *
 * @throws ConfigError `SBX_OPTION` for a missing field or function, or a duration that is missing or negative; in a run
 *   SinkError `SBX_SPILL` where keys can't be put aside.
 * @example
 * ```ts
 * posts.via(
 *   'dedup',
 *   windowDedup({ key: 'id', eventTime: (post) => post.createdAtMs, windowMs: hours(24) }),
 * )
 * ```
 * @see Kafka Streams' deduplication and Flink's `Deduplicate` (keep first row, event time).
 */
export function windowDedup<In>(
  options: WindowDedupOptions<In>,
): SelectingOperator<In, { duplicate: In; late: Rejected }> {
  const { key, eventTime, windowMs } = options
  const { allowedLatenessMs = windowMs, outOfOrdernessMs = 0, idleMs = 60_000 } = options
  const keyField = typeof key === 'string' ? key : undefined
  checkFunctions(keyField === undefined ? { key, eventTime } : { eventTime })
  checkDurations({ windowMs, allowedLatenessMs, outOfOrdernessMs, idleMs })
  return Object.freeze({
    kind: 'operator',
    type: 'windowDedup',
    state: 'keyed',
    options: Object.freeze({
      windowMs: finite(windowMs),
      allowedLatenessMs: finite(allowedLatenessMs),
      outOfOrdernessMs: finite(outOfOrdernessMs),
      idleMs: finite(idleMs),
    }),
    ports: Object.freeze(['duplicate', 'late']),
    rejecting: Object.freeze(['late']),
    key: typeof key === 'string' ? (record: In) => record[key] as string : key,
    keyField,
    eventTimeMs(record: In) {
      const timeMs = Number(eventTime(record))
      return Math.abs(timeMs) <= MAX_DATE_MS ? timeMs : NaN
    },
    open: (context: OperatorContext) =>
      selector(context, windowMs, allowedLatenessMs, { outOfOrdernessMs, idleMs }),
  })
}

function checkFunctions(functions: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value === 'function') continue
    const field = name === 'key' ? 'a field or ' : ''
    const what = `must be ${field}a function of a record, not ${value}`
    throw new ConfigError(`windowDedup: ${name} ${what}`, { code: 'SBX_OPTION' })
  }
}

function checkDurations(durations: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(durations)) {
    if (typeof value === 'number' && value >= 0) continue
    throw new ConfigError(`windowDedup: ${name} must be a duration of 0 ms or more, not ${value}`, {
      code: 'SBX_OPTION',
    })
  }
}

/** JSON has no Infinity. */
const finite = (durationMs: number): number | string =>
  Number.isFinite(durationMs) ? durationMs : 'Infinity'

function selector(
  { node, room }: OperatorContext,
  windowMs: number,
  allowedLatenessMs: number,
  options: WatermarkOptions,
): Selector {
  const timed = Number.isFinite(windowMs)
  const table = spillingTable({ node, windowMs }, room)
  const log = keyLog(node, timed)
  let mark = watermark(options)
  const horizon = (): number => mark.current() - windowMs - allowedLatenessMs

  /** Takes no object: those of other threads come in several shapes, for each of which it would be compiled. */
  const decide = (keys: Int32Array, eventTimesMs: Float64Array, partition: number): Uint8Array => {
    const { length } = eventTimesMs
    const fates = new Uint8Array(length)
    for (let i = 0, at = 0; i < length; i++, at += 4) {
      if (i % WARM === 0) table.warm(keys, at, Math.min(at + WARM * 4, length * 4))
      const time = eventTimesMs[i]!
      if (time < mark.current() - allowedLatenessMs) {
        fates[i] = LATE
        continue
      }
      mark.observe(partition, time)
      if (table.add(keys, at, time)) log.append(keys, at, time)
      else fates[i] = DUPLICATE
    }
    return fates
  }

  return {
    select({ count, fingerprints, eventTimesMs, partition, ingestedAtMs }) {
      if (count === 0) return new Uint8Array(0)
      const keys = new Int32Array(fingerprints.buffer, fingerprints.byteOffset, count * 4)
      mark.arrive(partition, ingestedAtMs)
      const fates = decide(keys, eventTimesMs.subarray(0, count), partition)
      if (timed) table.forgetBefore(horizon())
      table.relieve(log.bytes())
      return fates
    },
    async restore({ inline, objects, read }) {
      const saved = inline as { readonly watermark: Json; readonly keys: Json }
      mark = watermark(options, saved.watermark)
      if (timed) table.forgetBefore(horizon())
      await log.restore({ inline: saved.keys, objects, read }, (keys) => {
        for (let i = 0; i < keys.count; i++) {
          table.add(keys.words, i * wordsOf(timed), timed ? keys.times[i * 3 + 2]! : 0)
        }
        table.relieve(log.bytes())
      })
    },
    async snapshot() {
      const { inline, add, keep } = log.snapshot(timed ? horizon() : -Infinity)
      return { inline: { watermark: mark.save(), keys: inline }, add, keep }
    },
    added: log.added,
    size() {
      const { bytes, keys } = table.size()
      return { bytes: bytes + log.bytes(), keys }
    },
    close: () => table.close(),
  }
}
