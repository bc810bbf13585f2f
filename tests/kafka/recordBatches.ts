import { createRequire } from 'node:module'
import { loadKafkajs } from '../../src/kafka/client/loadKafkajs.ts'

/** How kafkajs writes record batches down: written by others, for our reader. */
const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js') as {
  RecordBatch(batch: Readonly<Record<string, unknown>>): Promise<{ readonly buffer: Buffer }>
}
const Record = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (
  record: Readonly<Record<string, unknown>>,
) => unknown
const Long = require('kafkajs/src/utils/long.js') as { fromValue(value: number): unknown }

export interface TestRecord {
  readonly offset: number
  readonly key?: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer | readonly Buffer[]>>
}

export interface TestBatch {
  readonly records: readonly TestRecord[]
  /** @defaultValue the first record's offset */
  readonly baseOffset?: number
  /** Behind the last offset that the batch ever had. @defaultValue behind the last record */
  readonly nextOffset?: number
  /** As Kafka numbers it. */
  readonly codec?: 0 | 1 | 4
  readonly producerId?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
}

const CONTROL = 0x20

/** The bytes of record batches, one behind the other. */
export async function recordBatches(...batches: readonly TestBatch[]): Promise<Buffer> {
  return Buffer.concat(await Promise.all(batches.map(recordBatch)))
}

async function recordBatch(batch: TestBatch): Promise<Buffer> {
  await loadKafkajs() // brings zstd
  const { records, codec = 0, producerId = -1, isTransactional = false } = batch
  const baseOffset = batch.baseOffset ?? records[0]!.offset
  const nextOffset = batch.nextOffset ?? records.at(-1)!.offset + 1
  const { buffer } = await RecordBatch({
    compression: codec,
    firstOffset: Long.fromValue(baseOffset),
    firstTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_000,
    lastOffsetDelta: nextOffset - baseOffset - 1,
    transactional: isTransactional,
    producerId: Long.fromValue(producerId),
    records: records.map(({ offset, key = null, value, headers = {} }) =>
      Record({ offsetDelta: offset - baseOffset, timestampDelta: 0, key, value, headers }),
    ),
  })
  if (batch.isControl === true) buffer[22]! |= CONTROL
  return buffer
}
