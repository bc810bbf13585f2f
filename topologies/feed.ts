import { kafkaSink, kafkaSource } from '../src/kafka.ts'
import type { Envelope, Outlet } from '../src/index.ts'
import { readRow, type Row } from '../src/operators/decode/readRow.ts'
import { tweetIdOf } from './formats/tweetId.ts'

const TOPIC = 'tweets'
const PARTITIONS = 4

/** Tweets as the topic carries them. */
export const fromTopic = (brokers: string) =>
  kafkaSource({ brokers, topic: TOPIC, createPartitions: PARTITIONS })

/** Puts landed tweets into the topic: each as it came, under its id; rows of CSV files as JSON objects. */
export const toTopic = (brokers: string) =>
  kafkaSink<Uint8Array>({
    brokers,
    topic: TOPIC,
    createPartitions: PARTITIONS,
    key: tweetKey,
    value: tweetMessage,
  })

/** Equal ids go to one partition, where they meet the same window. What has none may go anywhere. */
export function tweetKey(bytes: Uint8Array, envelope: Envelope): string | null {
  const tweet = envelope.header === undefined ? parsed(bytes) : row(bytes, envelope)
  if (typeof tweet !== 'object' || tweet === null) return null
  const { id } = tweet as { readonly id?: unknown }
  return tweetIdOf(tweet) ?? (typeof id === 'string' && id !== '' ? id : null)
}

/** What can't be read goes as it came: who reads the topic turns it down. */
export function tweetMessage(bytes: Uint8Array, envelope: Envelope): Uint8Array | string {
  if (envelope.header === undefined) return bytes
  const columns = row(bytes, envelope)
  return columns === undefined ? bytes : JSON.stringify(columns)
}

/** The row that was read last: a record's key and its value are asked for one after the other. */
let latest: { readonly bytes: Uint8Array; readonly row: Row | undefined } | undefined

function row(bytes: Uint8Array, envelope: Envelope): Row | undefined {
  if (latest?.bytes !== bytes) latest = { bytes, row: readRow(bytes, NOBODY, envelope) }
  return latest.row
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
  } catch {
    return undefined
  }
}

const ignore = (): void => {}
const NOBODY: Outlet<never> = { emit: ignore, reject: ignore, filter: ignore, repaired: ignore }
