import type { Clock } from '../core/clock.ts'
import type { SluiceboxError } from '../core/errors.ts'
import type { Logger } from '../core/unit.ts'
import { kafkajsPort } from './client/kafkajsPort.ts'
import type { KafkaConnection } from './connection.ts'
import type { FetchRequest } from './wire/fetchRequest.ts'
import type { FetchResponse } from './wire/fetchResponse.ts'

/** Who asks, and in whose name it is logged. */
export interface KafkaCaller {
  readonly node: string
  readonly clock: Clock
  /** Where the client's own complaints go. @defaultValue nowhere */
  readonly logger?: Logger
}

export interface TopicDescription {
  readonly clusterId: string
  readonly partitions: number
  /** What tells it from one that is made later under the same name; null where brokers give none (before 2.8). */
  readonly topicId: string | null
}

/** Which offsets a partition holds. */
export interface OffsetRange {
  /** The first one that is still there. */
  readonly begin: number
  /** Behind the last one that may be read: open transactions hold it back. */
  readonly end: number
}

export interface GroupOptions {
  readonly topic: string
  readonly groupId: string
  /** After how long a silent member loses its partitions, ms. */
  readonly sessionTimeoutMs: number
  /** After how long without the coordinator membership is given up, ms. */
  readonly retryMs: number
  /** A rebalance begins: the partitions of before are no longer this member's. */
  onRevoked(): void
  /** The rebalance is over. */
  onAssigned(partitions: readonly number[]): void
  /** Membership has ended, and not because of `leave`. */
  onLost(cause: unknown): void
}

/** This process among those who share a topic's partitions. Reads nothing. */
export interface GroupMember {
  /** Tells the coordinator next offsets, for whoever watches the lag. */
  commit(offsets: ReadonlyMap<number, number>): Promise<void>
  leave(): Promise<void>
}

export interface ProducedRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer>>
}

export interface ProducerOptions {
  readonly topic: string
  readonly compression: KafkaCompression
  /** How long a broker that does not answer is tried, ms. */
  readonly retryMs: number
  /** What a failure means: only retryable ones are tried again. */
  asError(cause: unknown): SluiceboxError
}

export type KafkaCompression = 'none' | 'gzip' | 'zstd'

export interface KafkaProducer {
  /**
   * Resolves when all in-sync replicas have them. One call at a time.
   * @param over - Aborted: nothing that fails is tried again.
   */
  send(records: readonly ProducedRecord[], over: AbortSignal): Promise<void>
  /** Ends soon, also where brokers don't answer. */
  close(): Promise<void>
}

/** What is needed of a Kafka cluster. Everything rejects with the client's own errors: see `kafkaError`. */
export interface KafkaPort {
  /** The topic, or undefined where there is none. */
  describe(topic: string): Promise<TopicDescription | undefined>
  /** Creates the topic with the broker's defaults; leaves one that exists as it is. */
  create(topic: string, partitions: number): Promise<void>
  /** By partition. */
  ranges(topic: string): Promise<readonly OffsetRange[]>
  /** By partition: the first offset at or after that time, the end where there is none. */
  offsetsAt(topic: string, timestampMs: number): Promise<readonly number[]>
  /** Which broker leads each partition, asked anew. */
  leaders(topic: string): Promise<ReadonlyMap<number, number>>
  /** Its records are views of one buffer: `release` says that nobody looks at them any more. */
  fetch(broker: number, request: FetchRequest): Promise<FetchResponse & { release(): void }>
  join(options: GroupOptions): Promise<GroupMember>
  producer(options: ProducerOptions): Promise<KafkaProducer>
  close(): Promise<void>
}

/**
 * A client for the cluster at `connection`. Nothing is asked yet.
 *
 * @throws ConfigError `SBX_MISSING_PEER` where the package kafkajs is not installed
 */
export function openKafka(connection: KafkaConnection, caller: KafkaCaller): Promise<KafkaPort> {
  return kafkajsPort(connection, caller)
}
