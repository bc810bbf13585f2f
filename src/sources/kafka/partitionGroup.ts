import { SourceError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Assignment, GroupContext, PartitionGroup, SourceContext } from '../../core/unit.ts'
import { DEFAULT_RETRY_MS, checkConnection } from '../../kafka/connection.ts'
import type { KafkaConnection } from '../../kafka/connection.ts'
import { kafkaError } from '../../kafka/kafkaError.ts'
import type { Doing } from '../../kafka/kafkaError.ts'
import { openKafka } from '../../kafka/kafkaPort.ts'
import type {
  GroupMember,
  KafkaPort,
  OffsetRange,
  TopicDescription,
} from '../../kafka/kafkaPort.ts'
import { retrying } from '../../kafka/retrying.ts'
import { fetcher } from './fetcher.ts'
import { lane } from './lane.ts'
import type { Lane } from './lane.ts'
import { newest } from './newest.ts'
import { partitionReader } from './partitionReader.ts'
import { offsetOf } from './position.ts'

/** Where a partition is begun that has no checkpoint. */
export type StartFrom =
  'earliest' | 'latest' | { readonly offset: number } | { readonly timestampMs: number }

export interface GroupSettings {
  readonly connection: KafkaConnection
  readonly topic: string
  readonly groupId: string
  readonly from: StartFrom
  readonly maxQueuedBytes: number
  readonly maxRecordBytes: number
  readonly sessionTimeoutMs: number
  readonly createPartitions: number | undefined
  readonly identity: JsonObject
}

/** A position may run ahead of what a broker that has just started says is its end, for so long, ms. */
const SETTLE_MS = 5_000
const MIN_FETCH_BYTES = 16 * 1024
/** Of one partition. Brokers cut the last record batch off where it is full: of larger answers less is cut. */
const MAX_FETCH_BYTES = 1024 * 1024

/** Joins those who share a topic's partitions. */
export async function joinPartitions(
  settings: GroupSettings,
  context: GroupContext,
): Promise<PartitionGroup> {
  const { connection, topic } = settings
  const { clock, signal, node } = context
  const brokers = checkConnection(node, connection)
  const doing: Doing = { error: SourceError, node, what: `read topic ${topic}`, brokers }
  const forMs = connection.retryMs ?? DEFAULT_RETRY_MS
  const trying = <T>(work: () => Promise<T>): Promise<T> =>
    retrying({ clock, signal, forMs, asError: (cause) => kafkaError(cause, doing) }, work)

  const port = await openKafka(connection, context)
  try {
    const description = await trying(() => describeOrCreate(port, settings, doing))
    // In this order: what is produced after the group was joined is not waited for.
    const ends = (await trying(() => port.ranges(topic))).map(({ end }) => end)
    return await openGroup({ settings, context, doing, forMs, port, trying, description, ends })
  } catch (error) {
    await port.close().catch(() => {})
    throw error
  }
}

async function describeOrCreate(
  port: KafkaPort,
  { topic, createPartitions }: GroupSettings,
  doing: Doing,
): Promise<TopicDescription> {
  const known = await port.describe(topic)
  if (known !== undefined) return known
  if (createPartitions !== undefined) await port.create(topic, createPartitions)
  const made = createPartitions === undefined ? undefined : await port.describe(topic)
  if (made !== undefined) return made
  throw kafkaError(
    Object.assign(new Error(`there is no topic ${topic}`), { type: 'UNKNOWN_TOPIC_OR_PARTITION' }),
    doing,
  )
}

interface Joined {
  readonly settings: GroupSettings
  readonly context: GroupContext
  readonly doing: Doing
  readonly forMs: number
  readonly port: KafkaPort
  readonly description: TopicDescription
  /** Where each partition ended before the group was joined. */
  readonly ends: readonly number[]
  trying<T>(work: () => Promise<T>): Promise<T>
}

async function openGroup(joined: Joined): Promise<PartitionGroup> {
  const { settings, context, doing, port, description, ends, trying } = joined
  const { topic, groupId, sessionTimeoutMs } = settings
  const { node, logger } = context
  const turns = newest<Assignment>()
  const open = new Set<Lane>()
  let revoked = new AbortController()

  const queued = Math.min(settings.maxQueuedBytes, context.queuedBytes ?? Infinity)
  const share = (): number => queued / Math.max(open.size, 1)
  const partitionBytes = (): number =>
    Math.max(MIN_FETCH_BYTES, Math.min(MAX_FETCH_BYTES, Math.floor(share() / 2)))
  const fetching = fetcher({
    port,
    topic,
    doing,
    caller: context,
    retryMs: joined.forMs,
    partitionBytes,
    changed: async () => {
      const now = await port.describe(topic)
      // One that is gone may be a broker that does not know it yet.
      return now === undefined ? undefined : changeOf(joined, now)
    },
    outOfRange: async ({ partition, fetchOffset }) => {
      const range = (await trying(() => port.ranges(topic)))[partition]!
      return isInside(fetchOffset, range)
        ? undefined
        : outOfRange(node, partition, fetchOffset, range)
    },
  })

  const openReader = async (
    partition: number,
    reading: SourceContext,
    isRevoked: AbortSignal,
  ): Promise<ReturnType<typeof partitionReader>> => {
    const from = await startOf(joined, partition, reading)
    const until = reading.mode === 'micro-batch' ? Math.max(ends[partition]!, from) : Infinity
    const { maxRecordBytes } = settings
    const chunkBytes = reading.batchBytes
    const filled = lane({
      ...{ partition, from, until, chunkBytes },
      // What is asked for has room beside what waits.
      maxBytes: () => share() - partitionBytes(),
      onRoom: fetching.pump,
    })
    open.add(filled)
    fetching.add(filled)
    return partitionReader({
      topic,
      lane: filled,
      from,
      until,
      maxRecordBytes,
      context: reading,
      doing,
      revoked: isRevoked,
      onPosition: (offset) => {
        if (isRevoked.aborted) return
        member.commit(new Map([[partition, offset]])).catch((error: unknown) => {
          logger.warn('kafka_lag_not_written', { node, partition, error: String(error) })
        })
      },
      onClose: () => {
        open.delete(filled)
        fetching.remove(filled)
      },
    })
  }

  const assign = async (partitions: readonly number[], isRevoked: AbortSignal): Promise<void> => {
    try {
      const now = await trying(() => port.describe(topic))
      if (isRevoked.aborted) return
      const changed = changeOf(joined, now)
      if (changed !== undefined) throw changed
    } catch (error) {
      // What went wrong with partitions that are others' by now is theirs to find out.
      if (!isRevoked.aborted) turns.fail(kafkaError(error, doing))
      return
    }
    logger.info('kafka_assigned', { node, topic, partitions })
    const open: Assignment['open'] = (partition, reading) =>
      openReader(partition, reading, isRevoked)
    turns.put({ partitions, revoked: isRevoked, open })
  }

  const leave = async (): Promise<void> => {
    revoked.abort()
    turns.end()
    fetching.close()
    for (const filled of open) filled.close()
    await member.leave()
    await port.close()
  }

  const member: GroupMember = await trying(() =>
    port.join({
      topic,
      groupId,
      sessionTimeoutMs,
      retryMs: joined.forMs,
      onRevoked: () => revoked.abort(),
      onAssigned: (partitions) => {
        revoked.abort()
        revoked = new AbortController()
        void assign(partitions, revoked.signal)
      },
      onLost: (cause) =>
        turns.fail(kafkaError(cause, { ...doing, what: `stay in group ${groupId}` })),
    }),
  )
  if (context.signal.aborted) turns.end()
  else context.signal.addEventListener('abort', turns.end, { once: true })
  return {
    partitions: description.partitions,
    identity: { ...settings.identity, ...description },
    next: turns.next,
    isAtEnd: (partition, position) => offsetOf(position, node) >= ends[partition]!,
    leave,
  }
}

/** The first offset to read: where the checkpoint stands, else where the source begins. */
async function startOf(
  { settings, port, trying, context, doing }: Joined,
  partition: number,
  { restored }: SourceContext,
): Promise<number> {
  const { topic, from } = settings
  const { node, clock, signal } = context
  const range = async (): Promise<OffsetRange> => (await port.ranges(topic))[partition]!
  let offset: number
  if (restored !== undefined) offset = offsetOf(restored.inline, node)
  else if (from === 'earliest') return (await trying(range)).begin
  else if (from === 'latest') return (await trying(range)).end
  else if ('offset' in from) offset = from.offset
  else return (await trying(() => port.offsetsAt(topic, from.timestampMs)))[partition]!

  await trying(range)
  return retrying(
    { clock, signal, forMs: SETTLE_MS, asError: (cause) => kafkaError(cause, doing) },
    async () => {
      const found = await range()
      if (!isInside(offset, found)) throw outOfRange(node, partition, offset, found)
      return offset
    },
  )
}

const isInside = (offset: number, { begin, end }: OffsetRange): boolean =>
  offset >= begin && offset <= end

/** Records that were never read may be gone: that is for people to decide. */
function outOfRange(
  node: string,
  partition: number,
  offset: number,
  { begin, end }: OffsetRange,
): SourceError {
  const why =
    offset < begin
      ? `${begin - offset} records before them were deleted unread, by retention or by hand`
      : 'the topic was made anew, or has lost its end'
  return new SourceError(
    `partition ${partition} holds offsets ${begin} to ${end}, offset ${offset} is to be read next: ${why}. Put them back, or go on from the beginning of what is there with --accept-source ${node}`,
    { code: 'SBX_KAFKA_OFFSET_RANGE', node, retryable: offset > end },
  )
}

/** What is not as it was when the group was joined. */
function changeOf(
  { settings: { topic }, context: { node }, description }: Joined,
  now: TopicDescription | undefined,
): SourceError | undefined {
  if (now !== undefined && isAnother(description, now)) return madeAnew(node, topic)
  if (now?.partitions === description.partitions) return undefined
  return partitionsChanged(node, topic, description.partitions, now?.partitions ?? 0)
}

const isAnother = (before: TopicDescription, now: TopicDescription): boolean =>
  before.topicId !== null && now.topicId !== null && before.topicId !== now.topicId

function madeAnew(node: string, topic: string): SourceError {
  return new SourceError(
    `topic ${topic} was deleted and made anew while it was read: its offsets mean other records now. Stop all processes, and read the new one from its beginning with --accept-source ${node}`,
    { code: 'SBX_KAFKA_TOPIC_CHANGED', node },
  )
}

function partitionsChanged(node: string, topic: string, before: number, now: number): SourceError {
  return new SourceError(
    `topic ${topic} had ${before} partitions when it was joined and has ${now} now: keys may have moved between them. Stop all processes, and start again with --accept-source ${node}`,
    { code: 'SBX_KAFKA_PARTITIONS', node },
  )
}
