import { SluiceboxError } from '../core/errors.ts'
import type { SluiceboxErrorOptions } from '../core/errors.ts'

/** SourceError or SinkError. */
type ErrorClass = new (message: string, options: SluiceboxErrorOptions) => SluiceboxError

export interface Doing {
  readonly error: ErrorClass
  readonly node: string
  /** What was tried: `read topic tweets`. */
  readonly what: string
  readonly brokers: readonly string[]
}

interface Meaning {
  readonly code: `SBX_${string}`
  readonly remedy: string
  readonly retryable?: boolean
}

const UNREACHABLE: Meaning = {
  code: 'SBX_KAFKA_UNREACHABLE',
  remedy: 'see that the brokers run and can be reached from here, with or without TLS and SASL',
  retryable: true,
}
const REFUSED: Meaning = {
  code: 'SBX_KAFKA_AUTH',
  remedy: 'the brokers refused the credentials: check sasl (mechanism, user, password)',
}
const DENIED: Meaning = {
  code: 'SBX_KAFKA_DENIED',
  remedy: 'this user may not do that: grant it on the topic and the group, or use another user',
}
const TOO_LARGE: Meaning = {
  code: 'SBX_KAFKA_MESSAGE_TOO_LARGE',
  remedy:
    'raise max.message.bytes of the topic (message.max.bytes of the brokers), lower maxBatchBytes, or compress',
}
const NO_TOPIC: Meaning = {
  code: 'SBX_KAFKA_TOPIC_MISSING',
  remedy: 'create the topic, correct its name, or let it be created with createPartitions',
}
const BY_TYPE: Readonly<Record<string, Meaning>> = {
  UNKNOWN_TOPIC_OR_PARTITION: NO_TOPIC,
  MESSAGE_TOO_LARGE: TOO_LARGE,
  RECORD_LIST_TOO_LARGE: TOO_LARGE,
  SASL_AUTHENTICATION_FAILED: REFUSED,
  UNSUPPORTED_SASL_MECHANISM: REFUSED,
  ILLEGAL_SASL_STATE: REFUSED,
  LEADER_NOT_AVAILABLE: UNREACHABLE,
}
const BY_NAME: Readonly<Record<string, Meaning>> = {
  KafkaJSSASLAuthenticationError: REFUSED,
  KafkaJSConnectionError: UNREACHABLE,
  KafkaJSConnectionClosedError: UNREACHABLE,
  KafkaJSRequestTimeoutError: UNREACHABLE,
  KafkaJSBrokerNotFound: UNREACHABLE,
  TimeoutError: UNREACHABLE,
  KafkaJSNoBrokerAvailableError: UNREACHABLE,
  KafkaJSGroupCoordinatorNotFound: UNREACHABLE,
  KafkaJSLockTimeout: UNREACHABLE,
}

/**
 * What to throw where Kafka could not do something. Of the client's error only its text is kept, never
 * what was sent.
 */
export function kafkaError(cause: unknown, doing: Doing): SluiceboxError {
  if (cause instanceof SluiceboxError) return cause
  const { meaning, root } = understand(cause)
  const text = root instanceof Error ? root.message : String(root)
  const kept = new Error(text)
  kept.name = root instanceof Error ? root.name : 'Error'
  const remedy = meaning === undefined ? '' : `; ${meaning.remedy}`
  return new doing.error(
    `can't ${doing.what} (Kafka at ${doing.brokers.join(', ')}): ${text}${remedy}`,
    {
      code: meaning?.code ?? 'SBX_KAFKA_FAILED',
      node: doing.node,
      retryable: passes(cause),
      cause: kept,
    },
  )
}

/** Whether the very same may succeed later. */
export function passes(cause: unknown): boolean {
  if (cause instanceof SluiceboxError) return cause.retryable
  const { meaning, root } = understand(cause)
  if (meaning !== undefined) return meaning.retryable === true
  return root instanceof Error && 'retriable' in root && root.retriable === true
}

function understand(cause: unknown): {
  readonly meaning: Meaning | undefined
  readonly root: unknown
} {
  const chain = causes(cause)
  return {
    meaning: chain.map(meaningOf).find((found) => found !== undefined),
    root: chain.at(-1),
  }
}

function meaningOf(cause: unknown): Meaning | undefined {
  if (!(cause instanceof Error)) return undefined
  const type = 'type' in cause ? String(cause.type) : ''
  if (type.endsWith('_AUTHORIZATION_FAILED')) return DENIED
  return BY_TYPE[type] ?? BY_NAME[cause.name]
}

/** The error and what it was caused by: retries and crashes wrap what matters. */
function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = []
  for (let next = error; next !== undefined && next !== null && !chain.includes(next);) {
    chain.push(next)
    next = next instanceof Error ? next.cause : undefined
  }
  return chain
}
