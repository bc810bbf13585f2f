import { SourceError } from '../../core/errors.ts'
import type { RereadContext, SourceBatch, SourceRange } from '../../core/unit.ts'
import { checkConnection, DEFAULT_RETRY_MS } from '../../kafka/connection.ts'
import type { KafkaConnection } from '../../kafka/connection.ts'
import { openKafka } from '../../kafka/kafkaPort.ts'
import { fetcher } from './fetcher.ts'
import { lane } from './lane.ts'
import { partitionReader } from './partitionReader.ts'

export interface RereadSettings {
  readonly connection: KafkaConnection
  readonly topic: string
  readonly maxQueuedBytes: number
  readonly maxRecordBytes: number
}

/** Reads offsets of a partition again, whoever has the partition now: no group is joined for that. */
export async function* rereadPartition(
  { connection, topic, maxQueuedBytes, maxRecordBytes }: RereadSettings,
  { source, from, to }: SourceRange,
  context: RereadContext,
): AsyncGenerator<SourceBatch, void> {
  const { node, batchBytes } = context
  const partition = Number(source.slice(topic.length + 1))
  const brokers = checkConnection(node, connection)
  const doing = { error: SourceError, node, what: `read topic ${topic} again`, brokers }
  const port = await openKafka(connection, context)
  const fetching = fetcher({
    port,
    topic,
    doing,
    caller: context,
    retryMs: connection.retryMs ?? DEFAULT_RETRY_MS,
    partitionBytes: () => Math.min(batchBytes, maxQueuedBytes),
    // What is read again is compared with what it was.
    changed: async () => undefined,
    outOfRange: async ({ fetchOffset }) => deleted(node, source, fetchOffset, to),
  })
  const maxBytes = (): number => maxQueuedBytes
  const chunkBytes = batchBytes
  const filled = lane({
    ...{ partition, from, until: to, chunkBytes, maxBytes },
    onRoom: fetching.pump,
  })
  fetching.add(filled)
  const reader = partitionReader({
    ...{ topic, lane: filled, from, until: to, maxRecordBytes, doing },
    context: { ...context, mode: 'micro-batch', restored: undefined },
    revoked: new AbortController().signal,
    onPosition: () => {},
    onClose: () => fetching.remove(filled),
  })
  try {
    for (;;) {
      const batch = await reader.read()
      if (batch === undefined) return
      yield batch
    }
  } finally {
    await reader.close()
    fetching.close()
    await port.close()
  }
}

function deleted(node: string, source: string, offset: number, to: number): SourceError {
  return new SourceError(
    `${source} was read before and is needed again from offset ${offset} to ${to}, where the topic holds nothing any more: it was deleted, by retention or by hand`,
    { code: 'SBX_KAFKA_OFFSET_RANGE', node },
  )
}
