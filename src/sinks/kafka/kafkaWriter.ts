import { SinkError } from '../../core/errors.ts'
import type { Writer, WriterContext } from '../../core/unit.ts'
import { DEFAULT_RETRY_MS, checkConnection } from '../../kafka/connection.ts'
import { kafkaError } from '../../kafka/kafkaError.ts'
import type { Doing } from '../../kafka/kafkaError.ts'
import { openKafka } from '../../kafka/kafkaPort.ts'
import type { KafkaPort, KafkaProducer, ProducedRecord } from '../../kafka/kafkaPort.ts'
import { retrying } from '../../kafka/retrying.ts'
import { withGrace } from '../../kafka/withGrace.ts'
import type { KafkaBytes, KafkaSinkOptions } from '../kafkaSink.ts'

type Settings<Row> = KafkaSinkOptions<Row> &
  Required<Pick<KafkaSinkOptions<Row>, 'compression' | 'maxBatchBytes'>>

/** What a record takes beside its key and value, bytes: nearly. */
const RECORD_OVERHEAD = 24

/** One writer's own producer: sends what has gathered whenever it is a batch, and the rest at a barrier. */
export function kafkaWriter<Row>(settings: Settings<Row>, context: WriterContext): Writer<Row> {
  const { topic, key, value = plain, headers, maxBatchBytes } = settings
  const { clock } = context
  const brokers = checkConnection(context.node, settings)
  const doing: Doing = {
    error: SinkError,
    node: context.node,
    what: `write to topic ${topic}`,
    brokers,
  }
  const closing = new AbortController()
  const { signal = closing.signal } = context
  const ending = AbortSignal.any([signal, closing.signal])
  let opened: Promise<Opened> | undefined
  let full: ProducedRecord[][] = []
  let gathered: ProducedRecord[] = []
  let bytes = 0
  let sending = Promise.resolve()

  const endBatch = (): void => {
    if (gathered.length > 0) full.push(gathered)
    gathered = []
    bytes = 0
  }
  const send = async (batches: readonly ProducedRecord[][]): Promise<void> => {
    try {
      if (closing.signal.aborted) throw new Error('this writer was closed')
      const { producer } = await withGrace(clock, ending, (over) => {
        opened ??= openProducer(settings, context, doing, over)
        return opened
      })
      for (const batch of batches) {
        await withGrace(clock, ending, (over) => producer.send(batch, over))
      }
    } catch (cause) {
      throw kafkaError(cause, doing)
    }
  }
  /** Sends full batches while more are gathered; waits for those before. */
  const sendFull = async (): Promise<void> => {
    if (full.length === 0) return
    await sending
    sending = send(full)
    sending.catch(() => {})
    full = []
  }

  return {
    write(record, envelope) {
      const extra = headers?.(record, envelope)
      const one = {
        key: encode(key(record, envelope)),
        value: encode(value(record, envelope)),
        ...(extra !== undefined && { headers: encodeAll(extra) }),
      }
      const size = sizeOf(one)
      if (bytes + size > maxBatchBytes) endBatch()
      gathered.push(one)
      bytes += size
    },
    relieve: sendFull,
    async prepare() {
      endBatch()
      await sendFull()
      await sending
      return []
    },
    async close() {
      closing.abort()
      full = []
      gathered = []
      await sending.catch(() => {})
      // What is not open by now is closed by itself when it is.
      const closed = opened?.then(async ({ producer, port }) => {
        await producer.close().catch(() => {})
        await port.close().catch(() => {})
      })
      await withGrace(clock, ending, async () => closed).catch(() => {})
    },
  }
}

interface Opened {
  readonly port: KafkaPort
  readonly producer: KafkaProducer
}

async function openProducer<Row>(
  settings: Settings<Row>,
  { node, clock }: WriterContext,
  doing: Doing,
  over: AbortSignal,
): Promise<Opened> {
  const { topic, compression, createPartitions, retryMs = DEFAULT_RETRY_MS } = settings
  const port = await openKafka(settings, { node, clock })
  const asError = (cause: unknown): ReturnType<typeof kafkaError> => kafkaError(cause, doing)
  try {
    const producer = await retrying({ clock, signal: over, forMs: retryMs, asError }, async () => {
      if (createPartitions !== undefined && (await port.describe(topic)) === undefined) {
        await port.create(topic, createPartitions)
      }
      return port.producer({ topic, compression, retryMs, asError })
    })
    return { port, producer }
  } catch (error) {
    await port.close().catch(() => {})
    throw error
  }
}

function sizeOf({ key, value, headers }: ProducedRecord): number {
  let size = RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0)
  for (const name in headers) size += name.length + (headers[name] as Buffer).length
  return size
}

/** Records and envelopes are views that go on to the next record: bytes are copied. */
function encode(bytes: KafkaBytes): Buffer | null {
  if (bytes === null) return null
  return Buffer.from(bytes as Uint8Array)
}

function encodeAll(
  headers: Readonly<Record<string, Uint8Array | string>>,
): Readonly<Record<string, Buffer>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, content]) => [name, encode(content) as Buffer]),
  )
}

function plain(record: unknown): KafkaBytes {
  if (record instanceof Uint8Array || typeof record === 'string') return record
  return JSON.stringify(record)
}
