import type { Cluster, KafkaConfig, logCreator } from 'kafkajs'
import { giveBuffer } from '../../core/bufferPool.ts'
import { checkConnection } from '../connection.ts'
import type { KafkaConnection } from '../connection.ts'
import type { KafkaCaller, KafkaPort, TopicDescription } from '../kafkaPort.ts'
import { decodeFetchResponse } from '../wire/fetchResponse.ts'
import { encodeFetchRequest } from '../wire/fetchRequest.ts'
import { decodeTopicId, encodeTopicIdRequest, METADATA } from '../wire/topicId.ts'
import { openAnswers } from './answers.ts'
import { atMost, CLOSE_MS } from './atMost.ts'
import { joinGroup } from './groupMember.ts'
import { loadKafkajs } from './loadKafkajs.ts'
import { openProducer } from './producer.ts'
import { sockets } from './sockets.ts'

const CONNECT_MS = 3_000
/** The client's own retries are few: ours know for how long, and when to stop. */
const RETRY = { retries: 1, initialRetryTime: 100 }
const FETCH = { apiKey: 1, apiVersion: 10, apiName: 'Fetch' }

interface Api {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
}

/** What kafkajs's brokers have beside their published interface: their connections take any request. */
interface RawBroker {
  /** By API key: what the broker understands. */
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null
  readonly connectionPool: {
    send<Answer>(call: {
      readonly request: Api & {
        encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
      }
      readonly response: {
        decode(bytes: Buffer): Promise<Answer & { readonly clientSideThrottleTime: number }>
        parse(answer: Answer): Promise<Answer>
      }
    }): Promise<Answer>
  }
}

/**
 * The port on kafkajs. Its connections, metadata, group membership and producer are used as they are;
 * Fetch is asked and read here, since its consumer hides where empty and compacted batches end, starts
 * again elsewhere where an offset is gone, and makes several objects a message.
 */
export async function kafkajsPort(
  connection: KafkaConnection,
  caller: KafkaCaller,
): Promise<KafkaPort> {
  const kafkajs = await loadKafkajs()
  const { ssl, sasl, clientId = 'sluicebox' } = connection
  const brokers = [...checkConnection(caller.node, connection)]
  const answers = openAnswers(Boolean(ssl))
  let isClosed = false
  const connections = sockets(answers.socketFactory)
  const kafka = new kafkajs.Kafka({
    brokers,
    clientId,
    ...(ssl !== undefined && { ssl }),
    ...(sasl !== undefined && { sasl: sasl as NonNullable<KafkaConfig['sasl']> }),
    connectionTimeout: CONNECT_MS,
    socketFactory: connections.factory,
    retry: RETRY,
    logLevel: kafkajs.logLevel.WARN,
    logCreator: logTo(caller, () => isClosed),
  })

  // A consumer that never joins: the only way that kafkajs hands out its connections.
  let cluster: Cluster | undefined
  const consumer = kafka.consumer({
    groupId: 'unused',
    allowAutoTopicCreation: false,
    retry: RETRY,
    partitionAssigners: [
      (context) => {
        cluster = context.cluster
        return kafkajs.PartitionAssigners.roundRobin(context)
      },
    ],
  })
  /** Connects where it must. Who asks after the end would leave a connection that nobody closes. */
  const connected = async (): Promise<Cluster> => {
    if (!isClosed) await consumer.connect()
    if (!isClosed) return cluster!
    await consumer.disconnect()
    throw new Error('this client is closed')
  }
  /** The cluster, and how many partitions the topic has; their leaders are asked anew. */
  const knowing = async (topic: string): Promise<{ cluster: Cluster; partitions: number[] }> => {
    const known = await connected()
    await known.addTargetTopic(topic)
    await known.refreshMetadata()
    const partitions = known.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
    return { cluster: known, partitions }
  }
  const offsets = async (
    topic: string,
    which: { fromBeginning: boolean } | { fromTimestamp: number },
  ): Promise<number[]> => {
    const { cluster: known, partitions } = await knowing(topic)
    const asked = partitions.map((partition) => ({ partition }))
    const [found] = await known.fetchTopicsOffset([{ topic, partitions: asked, ...which }])
    const byPartition: number[] = []
    for (const { partition, offset } of found!.partitions) byPartition[partition] = Number(offset)
    return byPartition
  }

  return {
    async describe(topic) {
      const known = await connected()
      await known.refreshMetadata()
      const broker = await known.findControllerBroker()
      const metadata = await broker.metadata([topic]).catch(ifMissing)
      if (metadata === undefined) return undefined
      return describeTopic(metadata, topic, await topicId(broker as unknown as RawBroker, topic))
    },

    async create(topic, partitions) {
      const admin = kafka.admin({ retry: RETRY })
      try {
        await admin.connect()
        await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] })
      } finally {
        await admin.disconnect()
      }
    },

    async ranges(topic) {
      const begins = await offsets(topic, { fromBeginning: true })
      const ends = await offsets(topic, { fromBeginning: false })
      return ends.map((end, partition) => ({ begin: begins[partition]!, end }))
    },

    async offsetsAt(topic, timestampMs) {
      const found = await offsets(topic, { fromTimestamp: timestampMs })
      const ends = await offsets(topic, { fromBeginning: false })
      return found.map((offset, partition) => (offset < 0 ? ends[partition]! : offset))
    },

    async leaders(topic) {
      const { cluster: known } = await knowing(topic)
      const metadata = known.findTopicPartitionMetadata(topic)
      return new Map(metadata.map(({ partitionId, leader }) => [partitionId, leader]))
    },

    async fetch(leader, request) {
      const known = await connected()
      const broker = await known.findBroker({ nodeId: String(leader) })
      const body = encodeFetchRequest(request)
      return ask(broker as unknown as RawBroker, FETCH, body, (payload) => {
        const { bytes, lent } = answers.take(payload)
        const release = (): void => {
          if (lent !== undefined) giveBuffer(lent)
        }
        return { ...decodeFetchResponse(bytes), release }
      })
    },

    join: (options) => joinGroup(kafkajs, kafka, caller, options),
    producer: (options) => openProducer(kafkajs, kafka, caller, options),
    async close() {
      isClosed = true
      await atMost(caller.clock, CLOSE_MS, consumer.disconnect())
      connections.close()
    },
  }
}

/** Sends a request that kafkajs does not know, over its connection. */
function ask<Answer extends object>(
  { connectionPool }: RawBroker,
  api: Api,
  body: Buffer,
  decode: (bytes: Buffer) => Answer & { readonly throttleMs?: number },
): Promise<Answer> {
  return connectionPool.send<Answer>({
    request: { ...api, encode: async () => ({ buf: body, buffer: body }) },
    response: {
      decode: async (bytes) => {
        const answer = decode(bytes)
        return { ...answer, clientSideThrottleTime: answer.throttleMs ?? 0 }
      },
      parse: async (answer) => answer,
    },
  })
}

async function topicId(broker: RawBroker, topic: string): Promise<string | null> {
  const newest = broker.versions?.[METADATA.apiKey]?.maxVersion ?? 0
  if (newest < METADATA.apiVersion) return null
  const { id } = await ask(broker, METADATA, encodeTopicIdRequest(topic), (bytes) => ({
    id: decodeTopicId(bytes),
  }))
  return id ?? null
}

function describeTopic(metadata: unknown, topic: string, id: string | null): TopicDescription {
  const { clusterId, topicMetadata } = metadata as {
    readonly clusterId: string
    readonly topicMetadata: readonly {
      readonly topic: string
      readonly partitionMetadata: readonly unknown[]
    }[]
  }
  const found = topicMetadata.find((one) => one.topic === topic)
  return { clusterId, partitions: found!.partitionMetadata.length, topicId: id }
}

function ifMissing(error: unknown): undefined {
  const isMissing =
    error instanceof Error && 'type' in error && error.type === 'UNKNOWN_TOPIC_OR_PARTITION'
  if (!isMissing) throw error
}

/** What the client complains of is no news of ours: it tries again, or throws. */
function logTo({ logger, node }: KafkaCaller, isOver: () => boolean): logCreator {
  return () =>
    ({ label, namespace, log }) => {
      // Connections that were ended here are no news either.
      if (isOver()) return
      const { message, broker } = log
      logger?.info('kafka_client', { node, level: label, namespace, message, broker })
    }
}
