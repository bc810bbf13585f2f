import { expect, test } from 'vitest'
import { redact } from '../../src/core/describe.ts'
import { kafkaSink } from '../../src/sinks/kafkaSink.ts'
import type { KafkaSinkOptions } from '../../src/sinks/kafkaSink.ts'
import { kafkaSource } from '../../src/sources/kafkaSource.ts'

interface Post {
  readonly id: string
}
const options: KafkaSinkOptions<Post> = {
  brokers: ['a:9092'],
  topic: 'posts',
  key: ({ id }) => id,
}

test('is plain data', () => {
  const sink = kafkaSink({
    ...options,
    sasl: { mechanism: 'scram-sha-512', username: 'someone', password: 'hidden' },
  })
  expect(sink).toMatchObject({ kind: 'sink', type: 'kafkaSink', rank: 'silver' })
  const shown = JSON.stringify(redact(sink.options))
  expect(shown).toContain('"topic":"posts"')
  expect(shown).not.toMatch(/someone|hidden/)
})

test('has nothing to publish', async () => {
  const publisher = await kafkaSink(options).openPublisher({} as never)
  expect(await publisher.publish({} as never)).toEqual({})
  expect(await publisher.clean('task', () => true)).toBe(0)
})

test('is known to the source of the same topic', () => {
  const source = kafkaSource({ brokers: ' a:9092', topic: 'posts' })
  expect(source.readsFrom).toBe(kafkaSink(options).writesTo)
  expect(kafkaSource({ brokers: 'a:9092', topic: 'other' }).readsFrom).not.toBe(source.readsFrom)
})

test.each<[string, Partial<KafkaSinkOptions<Post>>]>([
  ['no broker', { brokers: '' }],
  ['a broker without a port', { brokers: ['a:9092', 'localhost'] }],
  ['no topic', { topic: '' }],
  ['an empty batch', { maxBatchBytes: 0 }],
  ['a compression that it can not write', { compression: 'lz4' as never }],
  ['half a partition', { createPartitions: 0.5 }],
])('refuses %s', (_, wrong) => {
  expect(() => kafkaSink({ ...options, ...wrong })).toThrow(
    expect.objectContaining({ name: 'ConfigError', code: 'SBX_KAFKA_OPTIONS' }),
  )
})

test.each([
  'kafka://someone:hidden@broker:9092',
  'someone:hidden@broker:9092',
  'hidden@broker:9092',
  'a:9092,kafka://someone:hid,hidden@broker:9092',
  'broker:9092?password=hidden',
  'broker:9092/hidden',
  'broker:hidden',
])('refuses %s as a broker, and shows no password', (brokers) => {
  for (const make of [
    () => kafkaSink({ ...options, brokers }),
    () => kafkaSource({ brokers, topic: 'posts' }),
  ]) {
    let refusal: unknown
    try {
      make()
    } catch (error) {
      refusal = error
    }
    expect(refusal).toMatchObject({ name: 'ConfigError', code: 'SBX_KAFKA_OPTIONS' })
    expect(String(refusal)).toMatch(/host:port/)
    expect(String(refusal)).not.toMatch(/hid|someone/)
  }
})

test('names a broker that is merely wrong', () => {
  expect(() => kafkaSink({ ...options, brokers: 'a:9092, localhost' })).toThrow(
    'broker 2 of 2 is "localhost"; give host:port',
  )
  expect(() =>
    kafkaSink({ ...options, brokers: ['[::1]:9092', 'büro.example:9092'] }),
  ).not.toThrow()
})
