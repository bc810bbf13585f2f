import type { ConnectionOptions } from 'node:tls'
import { ConfigError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  | {
      readonly mechanism: 'oauthbearer'
      /** Asked whenever a connection is made. */
      readonly oauthBearerProvider: () => Promise<{ readonly value: string }>
    }

/** How a Kafka cluster is reached. */
export interface KafkaConnection {
  /** Some of the cluster's brokers: `host:port`, several in a list or separated by commas. */
  readonly brokers: string | readonly string[]
  /** TLS: true for the usual checks, or Node's own options. @defaultValue false */
  readonly ssl?: boolean | ConnectionOptions
  readonly sasl?: KafkaSasl
  /** What brokers log and limit this client by. @defaultValue `sluicebox` */
  readonly clientId?: string
  /** How long brokers that do not answer are tried again before it is an error, ms. @defaultValue 60000 */
  readonly retryMs?: number
}

export const DEFAULT_RETRY_MS = 60_000
const TOPIC = /^[a-zA-Z0-9._-]{1,249}$/
const ADDRESS = /^(\[[0-9a-f:.]+\]|[\p{L}\p{N}._-]+):\d{1,5}$/iu
/** What of a wrong address may be shown: a name, or a name with a port that is none. */
const HARMLESS = /^[\p{L}\p{N}._-]*(:\d*)?$/u

/** @throws ConfigError `SBX_KAFKA_OPTIONS` */
export function checkConnection(unit: string, connection: KafkaConnection): readonly string[] {
  const { brokers, retryMs = DEFAULT_RETRY_MS } = connection
  const list = (typeof brokers === 'string' ? brokers.split(',') : brokers).map((it) => it.trim())
  if (list.length === 0) throw kafkaOptions(unit, 'brokers are none; give host:port of one or more')
  const wrong = list.findIndex((address) => !ADDRESS.test(address))
  if (wrong >= 0) throw kafkaOptions(unit, wrongBroker(list, wrong))
  checkWhole(unit, { retryMs })
  return list
}

/** An address may be a URL with a password in it: then nothing of it is shown. */
function wrongBroker(list: readonly string[], wrong: number): string {
  const which = list.length === 1 ? 'the broker' : `broker ${wrong + 1} of ${list.length}`
  const isShown = list.every((address) => HARMLESS.test(address) || ADDRESS.test(address))
  return isShown
    ? `${which} is ${JSON.stringify(list[wrong])}; give host:port`
    : `${which} is not host:port (and not shown here, since it may hold a password); give host:port alone, and user and password by sasl`
}

/** @throws ConfigError `SBX_KAFKA_OPTIONS` */
export function checkTopic(unit: string, topic: string): void {
  if (TOPIC.test(topic) && topic !== '.' && topic !== '..') return
  throw kafkaOptions(
    unit,
    `topic is ${JSON.stringify(topic)}; Kafka takes 1 to 249 of a-z, A-Z, 0-9, '.', '_', '-'`,
  )
}

/** Whole numbers above 0, or undefined. @throws ConfigError `SBX_KAFKA_OPTIONS` */
export function checkWhole(
  unit: string,
  values: Readonly<Record<string, number | undefined>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue
    throw kafkaOptions(unit, `${name} is ${value}; give a whole number above 0`)
  }
}

export function kafkaOptions(unit: string, problem: string): ConfigError {
  return new ConfigError(`${unit}: ${problem}`, { code: 'SBX_KAFKA_OPTIONS' })
}

/** The connection as `describe()` may show it. */
export function describeConnection(connection: KafkaConnection): JsonObject {
  const { brokers, ssl = false, sasl, clientId } = connection
  return {
    brokers: typeof brokers === 'string' ? brokers : [...brokers],
    tls: ssl !== false,
    saslMechanism: sasl?.mechanism ?? null,
    clientId: clientId ?? null,
  }
}

/** The same for a source and a sink of one topic, whichever brokers each of them asks first. */
export const topicName = ({ brokers }: KafkaConnection, topic: string): string => {
  const list = (typeof brokers === 'string' ? brokers.split(',') : [...brokers]).map((it) =>
    it.trim(),
  )
  return `kafka://${list.sort().join(',')}/${topic}`
}
