import { SourceError } from '../../core/errors.ts'
import { kafkaError } from '../../kafka/kafkaError.ts'
import type { Doing } from '../../kafka/kafkaError.ts'
import type { KafkaCaller, KafkaPort } from '../../kafka/kafkaPort.ts'
import { backoffMs } from '../../kafka/retrying.ts'
import type { FetchedPartition } from '../../kafka/wire/fetchResponse.ts'
import type { Lane } from './lane.ts'

export interface FetcherOptions {
  readonly port: KafkaPort
  readonly topic: string
  readonly caller: KafkaCaller
  readonly doing: Doing
  /** How long a partition may fail before its reader is told, ms. */
  readonly retryMs: number
  /** What an answer may hold of one partition, bytes. */
  partitionBytes(): number
  /** What is not as it was: asked when leaders are looked up, so also after every failure. */
  changed(): Promise<Error | undefined>
  /** What it means that a lane's offset is not there: undefined to try again. */
  outOfRange(lane: Lane): Promise<Error | undefined>
}

/** Fills the lanes of one topic: one request at a time to every broker that leads some of them. */
export interface Fetcher {
  add(lane: Lane): void
  remove(lane: Lane): void
  /** A lane may want more. */
  pump(): void
  close(): void
}

/** How long a broker may wait for data, ms: a lane that gets room meanwhile is asked for after that. */
const MAX_WAIT_MS = 200
/** Of a whole answer, with what stands around its records no more than the largest buffer that is used again. */
const MAX_BYTES = 4 * 1024 * 1024 - 64 * 1024
const OFFSET_OUT_OF_RANGE = 1
/** Codes of errors that pass, with the names that Kafka gives them. */
const PASSING: Readonly<Record<number, string>> = {
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  9: 'REPLICA_NOT_AVAILABLE',
  56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  78: 'OFFSET_NOT_AVAILABLE',
}
const LASTING: Readonly<Record<number, string>> = {
  2: 'CORRUPT_MESSAGE',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  35: 'UNSUPPORTED_VERSION',
  76: 'UNSUPPORTED_COMPRESSION_TYPE',
}

export function fetcher(options: FetcherOptions): Fetcher {
  const { port, topic, caller, doing, retryMs, partitionBytes, changed, outOfRange } = options
  const { clock } = caller
  const lanes = new Set<Lane>()
  const busy = new Set<number>()
  const failingSince = new Map<Lane, number>()
  let leaders: ReadonlyMap<number, number> = new Map()
  let refreshing: Promise<void> | undefined
  let failures = 0
  const closed = new AbortController()

  const pump = (): void => {
    if (closed.signal.aborted) return
    const byLeader = new Map<number, Lane[]>()
    for (const lane of lanes) {
      if (!lane.wants()) continue
      const leader = leaders.get(lane.partition)
      if (leader === undefined) refresh()
      if (leader === undefined || busy.has(leader)) continue
      const asked = byLeader.get(leader) ?? []
      // An answer says of which partition it is, not from which offset on: two lanes of one would be mixed up.
      if (asked.some(({ partition }) => partition === lane.partition)) continue
      byLeader.set(leader, [...asked, lane])
    }
    for (const [leader, wanting] of byLeader) {
      busy.add(leader)
      void ask(leader, wanting).finally(() => {
        busy.delete(leader)
        pump()
      })
    }
  }

  const refresh = (): void => {
    refreshing ??= Promise.all([port.leaders(topic), changed()])
      .then(
        async ([known, change]) => {
          if (change !== undefined) for (const lane of lanes) lane.fail(change)
          leaders = known
          const lost = [...lanes].filter(({ partition }) => !known.has(partition))
          if (lost.length > 0) await pause(lost, kafkaError(codeError(5), doing))
        },
        (cause: unknown) =>
          pause(
            [...lanes].filter((lane) => lane.wants()),
            kafkaError(cause, doing),
          ),
      )
      .finally(() => {
        refreshing = undefined
        pump()
      })
  }

  const ask = async (leader: number, wanting: readonly Lane[]): Promise<void> => {
    const askedFrom = new Map(wanting.map((lane) => [lane, lane.fetchOffset]))
    try {
      const answer = await port.fetch(leader, {
        topic,
        targets: wanting.map(({ partition, fetchOffset }) => ({ partition, offset: fetchOffset })),
        maxWaitMs: MAX_WAIT_MS,
        maxBytes: MAX_BYTES,
        partitionBytes: partitionBytes(),
      })
      const { error, partitions } = answer
      if (error !== 0) throw codeError(error)
      failures = 0
      for (const lane of wanting) {
        const fetched = partitions.find(({ partition }) => partition === lane.partition)
        if (fetched !== undefined) await take(lane, fetched, askedFrom.get(lane)!)
      }
      answer.release()
    } catch (cause) {
      await pause(wanting, kafkaError(cause, doing))
    }
  }

  const take = async (lane: Lane, fetched: FetchedPartition, from: number): Promise<void> => {
    if (!lanes.has(lane)) return
    if (fetched.error === OFFSET_OUT_OF_RANGE) {
      const error = await outOfRange(lane)
      return error === undefined ? pause([lane], kafkaError(codeError(1), doing)) : lane.fail(error)
    }
    if (fetched.error !== 0) return pause([lane], kafkaError(codeError(fetched.error), doing))
    failingSince.delete(lane)
    try {
      lane.push(fetched)
    } catch (cause) {
      lane.fail(unreadable(doing, fetched.partition, lane.fetchOffset, cause))
    }
    const isShared = [...lanes].some(
      (other) => other !== lane && other.partition === lane.partition,
    )
    if (lane.fetchOffset === from && !isShared) return
    // The first one asked for is sure to get something: all take turns.
    lanes.delete(lane)
    lanes.add(lane)
  }

  /** Waits before the next try; lanes that failed for too long, or for good, are told. */
  const pause = async (failed: readonly Lane[], error: SourceError): Promise<void> => {
    leaders = new Map()
    for (const lane of failed) {
      const since = failingSince.get(lane) ?? clock.now()
      failingSince.set(lane, since)
      // A broker that has just started may not know its topics yet.
      const passes = error.retryable || error.code === 'SBX_KAFKA_TOPIC_MISSING'
      if (!passes || clock.now() - since >= retryMs) lane.fail(error)
    }
    failures++
    await clock.sleep(backoffMs(failures), closed.signal)
  }

  return {
    add(lane) {
      lanes.add(lane)
      pump()
    },
    remove(lane) {
      lanes.delete(lane)
      failingSince.delete(lane)
    },
    pump,
    close: () => closed.abort(),
  }
}

function codeError(code: number): Error {
  const type = PASSING[code] ?? LASTING[code] ?? `error ${code}`
  const retriable = code === OFFSET_OUT_OF_RANGE || code in PASSING
  return Object.assign(new Error(type), { retriable, ...(code in LASTING && { type }) })
}

/** What is there is not what Kafka writes. */
export function unreadable(
  { node, brokers }: Doing,
  partition: number,
  offset: number,
  cause: unknown,
): SourceError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new SourceError(
    `can't read partition ${partition} at offset ${offset} (Kafka at ${brokers.join(', ')}): ${why}. Where it is damaged, restore it, or go on behind it: start a new lake with from: { offset }`,
    { code: 'SBX_KAFKA_UNREADABLE', node, cause },
  )
}
