import { expect, test } from 'vitest'
import { redact } from '../../src/core/describe.ts'
import { kafkaSource } from '../../src/sources/kafkaSource.ts'
import type { KafkaSourceOptions } from '../../src/sources/kafkaSource.ts'

const options: KafkaSourceOptions = { brokers: 'a:9092, b:9092', topic: 'tweets', groupId: 'lake' }

test('is plain data, and its identity is the topic', () => {
  const source = kafkaSource({ ...options, from: { timestampMs: 5 } })
  expect(source).toMatchObject({ kind: 'source', type: 'kafkaSource', ports: ['rejected'] })
  expect(source.identity).toEqual({ kind: 'kafka', topic: 'tweets' })
  expect(JSON.parse(JSON.stringify(source.options))).toMatchObject({
    brokers: 'a:9092, b:9092',
    groupId: 'lake',
    from: { timestampMs: 5 },
  })
  expect(Object.isFrozen(source)).toBe(true)
})

test('shows no secret', () => {
  const source = kafkaSource({
    ...options,
    ssl: { key: 'private-key', passphrase: 'hidden' },
    sasl: { mechanism: 'plain', username: 'someone', password: 'hidden' },
  })
  const shown = JSON.stringify(redact(source.options))
  expect(shown).toContain('"tls":true')
  for (const secret of ['private-key', 'hidden', 'someone']) expect(shown).not.toContain(secret)
})

test.each<[string, Partial<KafkaSourceOptions>]>([
  ['no broker', { brokers: '' }],
  ['no brokers', { brokers: [] }],
  ['a broker without a port', { brokers: ['a:9092', 'b'] }],
  ['a URL', { brokers: 'http://a:9092' }],
  ['no topic', { topic: '' }],
  ['a topic that Kafka refuses', { topic: 'a/b' }],
  ['no group', { groupId: '' }],
  ['no queue', { maxQueuedBytes: 0 }],
  ['half a session', { sessionTimeoutMs: 0.5 }],
  ['an endless retry', { retryMs: Infinity }],
  ['a negative offset', { from: { offset: -1 } }],
  ['half a timestamp', { from: { timestampMs: 0.5 } }],
  ['no partitions', { createPartitions: 0 }],
])('refuses %s', (_, wrong) => {
  expect(() => kafkaSource({ ...options, ...wrong })).toThrow(
    expect.objectContaining({ name: 'ConfigError', code: 'SBX_KAFKA_OPTIONS' }),
  )
})
