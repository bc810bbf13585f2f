import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import kafkajs from 'kafkajs'
import type { Admin, Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installedAt, isInstalled } from '../../scripts/services/install.ts'
import { startKafka } from '../../scripts/services/startKafka.ts'
import type { KafkaServer } from '../../scripts/services/startKafka.ts'
import type { Json } from '../../src/core/json.ts'
import type {
  Assignment,
  Envelope,
  GroupContext,
  PartitionGroup,
  SourceBatch,
  SourceContext,
  SourceReader,
  Writer,
  WriterContext,
} from '../../src/core/unit.ts'
import { systemClock } from '../../src/runtime/systemClock.ts'
import { kafkaSink } from '../../src/sinks/kafkaSink.ts'
import type { KafkaSinkOptions } from '../../src/sinks/kafkaSink.ts'
import { kafkaSource } from '../../src/sources/kafkaSource.ts'
import type { KafkaSourceOptions } from '../../src/sources/kafkaSource.ts'

/** A record as it was read. */
interface Got {
  readonly partition: number
  readonly offset: number
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
  readonly key?: string | null
}
interface Message {
  readonly key: string | null
  readonly value: string | null
  readonly headers?: Readonly<Record<string, string>>
}

const USER = { name: 'sluice', password: 'only-for-tests' }
const ENVELOPE = {} as Envelope
const run = promisify(execFile)
const silent = { info() {}, warn() {}, error() {} }
let server: KafkaServer
let client: Kafka
let admin: Admin
const left: (() => Promise<void>)[] = []

describe.skipIf(!isInstalled('kafka'))('a Kafka broker', () => {
  beforeAll(async () => {
    server = await startKafka({ user: USER })
    client = new kafkajs.Kafka({ brokers: [server.brokers], logLevel: kafkajs.logLevel.NOTHING })
    admin = client.admin()
    await admin.connect()
    // The coordinators' own topics are made at their first use: not while a test waits.
    const consumer = client.consumer({ groupId: 'first' })
    await topic('first')
    await consumer.connect()
    await consumer.subscribe({ topic: 'first' })
    const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve))
    await consumer.run({ eachMessage: async () => {} })
    await joined
    await consumer.disconnect()
  })
  afterAll(async () => {
    for (const end of left) await end().catch(() => {})
    await admin.disconnect().catch(() => {})
    await server.stop()
  })

  describe('source', () => {
    test.each(['none', 'gzip', 'zstd'] as const)(
      'reads what the sink wrote, packed with %s',
      async (compression) => {
        const name = await topic(`codec-${compression}`)
        const sent = messages(500)
        await write(name, sent, { compression })
        expect(texts(await readAll(name))).toEqual(texts(sent))
      },
    )

    test.each(['snappy', 'lz4', 'zstd', 'gzip'])(
      'reads what Java packed with %s',
      async (codec) => {
        const name = await topic(`java-${codec}`)
        const lines = Array.from({ length: 2000 }, (_, n) => `line ${n} `.repeat(10))
        await javaProducer(name, codec, lines)
        expect(texts(await readAll(name))).toEqual(lines.sort())
      },
    )

    test('keeps tombstones, headers and what is no text', async () => {
      const name = await topic('special', 1)
      await write(name, [
        { key: 'a', value: 'first' },
        { key: 'a', value: null },
        { key: null, value: 'line\nfeed', headers: { trace: '1', empty: '' } },
        { key: 'b', value: '' },
      ])
      expect(await readAll(name)).toMatchObject([
        { offset: 0, value: 'first', headers: [] },
        { offset: 1, value: null, key: 'a', headers: [] },
        {
          offset: 2,
          value: 'line\nfeed',
          key: null,
          headers: [
            ['trace', '1'],
            ['empty', ''],
          ],
        },
        { offset: 3, value: '', headers: [] },
      ])
    })

    test('goes on at any position', async () => {
      const name = await topic('resumed', 1)
      for (const compression of ['none', 'gzip'] as const) {
        await write(name, messages(50), { compression })
      }
      const all = await readAll(name)
      expect(all).toHaveLength(100)
      await withGroup(name, {}, async (group) => {
        const { open } = (await group.next())!
        for (const start of [0, 1, 37, 49, 50, 51, 99, 100]) {
          const reader = await open(0, reading(String(start)))
          expect(await drain(reader)).toEqual(all.slice(start))
          expect(await reader.position()).toEqual({ inline: '100' })
          await reader.close()
        }
        expect(group.isAtEnd(0, '99')).toBe(false)
        expect(group.isAtEnd(0, '100')).toBe(true)
      })
    })

    test('gives each of two readers of one partition what it asked for', async () => {
      const name = await topic('twice', 1)
      await write(name, messages(100))
      await withGroup(name, {}, async (group) => {
        const { open } = (await group.next())!
        const streaming = { mode: 'streaming' } as const
        // The first one waits at the end, and is asked for along with the second one.
        const ahead = await open(0, reading('100', streaming))
        expect(await ahead.read()).toBeUndefined()
        const behind = await open(0, reading('40', streaming))
        await write(name, messages(20))
        for (const [reader, from] of [
          [behind, 40],
          [ahead, 100],
        ] as const) {
          const got: Got[] = []
          for (let n = 0; n < 50 && got.length < 120 - from; n++) {
            got.push(...gotten(await reader.read()))
          }
          expect(got.map(({ offset }) => offset)).toEqual(
            Array.from({ length: 120 - from }, (_, n) => from + n),
          )
          await reader.close()
        }
      })
    })

    test('begins where it is told', async () => {
      // Its records are from 1970: the broker must not find them too old.
      const name = await topic('begun', 1, { 'retention.ms': '-1' })
      await send(name, 10, 1_000)
      await send(name, 10, 2_000)
      expect(await readAll(name, { from: 'latest' })).toEqual([])
      expect(await readAll(name, { from: { offset: 15 } })).toHaveLength(5)
      expect(await readAll(name, { from: { timestampMs: 1_001 } })).toHaveLength(10)
      expect(await readAll(name, { from: { timestampMs: 2_001 } })).toEqual([])
    })

    test('ends where the topic ended when it joined', async () => {
      const name = await topic('ended', 1)
      await write(name, messages(5))
      await withGroup(name, {}, async (group) => {
        await write(name, messages(5))
        const { open } = (await group.next())!
        expect(await drain(await open(0, reading()))).toHaveLength(5)
      })
    })

    test('goes on in streaming mode', async () => {
      const name = await topic('streamed', 1)
      await withGroup(name, {}, async (group) => {
        const { open } = (await group.next())!
        const reader = await open(0, reading(undefined, { mode: 'streaming' }))
        expect(await reader.read()).toBeUndefined()
        await write(name, messages(3))
        const got: Got[] = []
        while (got.length < 3) got.push(...gotten(await reader.read()))
        expect(got.map(({ offset }) => offset)).toEqual([0, 1, 2])
      })
    })

    test('reads of transactions what was committed, and ends behind their markers', async () => {
      const name = await topic('transactions', 1)
      const producer = client.producer({
        transactionalId: 'tx',
        maxInFlightRequests: 1,
        idempotent: true,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      })
      await producer.connect()
      for (const [n, fate] of ['commit', 'abort', 'commit', 'abort'].entries()) {
        const transaction = await producer.transaction()
        await transaction.send({ topic: name, messages: [{ value: `a${n}` }, { value: `b${n}` }] })
        await (fate === 'commit' ? transaction.commit() : transaction.abort())
      }
      const open = await producer.transaction()
      await open.send({ topic: name, messages: [{ value: 'open' }] })
      await withGroup(name, {}, async (group) => {
        const reader = await (await group.next())!.open(0, reading())
        expect((await drain(reader)).map(({ value }) => value)).toEqual(['a0', 'b0', 'a2', 'b2'])
        expect(await reader.position()).toEqual({ inline: '12' })
      })
      await open.commit()
      await producer.disconnect()
      expect(await readAll(name, { from: { offset: 12 } })).toMatchObject([{ value: 'open' }])
    })

    test('reads a compacted topic to its end', async () => {
      const name = await topic('compacted', 1, {
        'cleanup.policy': 'compact',
        'segment.ms': '100',
        'min.cleanable.dirty.ratio': '0.01',
        'delete.retention.ms': '0',
      })
      const keyed = (round: number): Message[] =>
        Array.from({ length: 20 }, (_, n) => ({ key: `k${n % 4}`, value: `${round}-${n}` }))
      // A segment ends with the first record that comes too late for it; only ended ones are compacted.
      let round = 0
      let all: readonly Got[] = []
      do {
        await write(name, keyed(round++))
        await systemClock.sleep(250)
        all = await readAll(name)
      } while (round < 80 && all.length === round * 20)
      expect(all.length).toBeLessThan(round * 20)
      expect(all.at(-1)).toMatchObject({ offset: round * 20 - 1, value: `${round - 1}-19` })
      const offsets = all.map(({ offset }) => offset)
      expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b))
      await withGroup(name, {}, async (group) => {
        const { open } = (await group.next())!
        const gap = offsets.findIndex((offset, n) => offset !== n)
        const reader = await open(0, reading(String(gap)))
        expect((await drain(reader)).length).toBeLessThanOrEqual(all.length - gap)
        expect(await reader.position()).toEqual({ inline: String(round * 20) })
      })
    })

    test('tells lag monitors where it stands, and does not read it back', async () => {
      const name = await topic('lag', 1)
      await write(name, messages(8))
      await withGroup(name, { groupId: name }, async (group) => {
        const reader = await (await group.next())!.open(0, reading())
        await drain(reader)
        await reader.position()
        await expect
          .poll(() => admin.fetchOffsets({ groupId: name, topics: [name] }))
          .toMatchObject([{ partitions: [{ partition: 0, offset: '8' }] }])
      })
      expect(await readAll(name, { groupId: name })).toHaveLength(8)
    })

    test('creates its topic where it is told to', async () => {
      await withGroup('created', { createPartitions: 3 }, async (group) => {
        expect(group.partitions).toBe(3)
        expect(group.identity).toEqual({
          kind: 'kafka',
          topic: 'created',
          partitions: 3,
          clusterId: expect.stringMatching(/./) as string,
          topicId: expect.stringMatching(/^[\w-]{22}$/) as string,
        })
      })
    })

    test('reads through TLS and SASL', async () => {
      const name = await topic('secure', 1)
      const { brokers, ca } = server.secure!
      const secured = {
        brokers,
        ssl: { ca },
        sasl: { mechanism: 'plain', username: USER.name, password: USER.password },
      } as const
      await write(name, messages(5), secured)
      expect(await readAll(name, secured)).toHaveLength(5)
    })

    test('rejects values that are too long', async () => {
      const name = await topic('long', 1)
      await write(name, [
        { key: null, value: 'x'.repeat(200) },
        { key: null, value: 'short' },
      ])
      await withGroup(name, { maxRecordBytes: 100 }, async (group) => {
        const reader = await (await group.next())!.open(0, reading())
        expect(await reader.read()).toMatchObject({ rejects: [{ reason: 'too_large' }] })
        expect(gotten(await reader.read())).toMatchObject([{ offset: 1, value: 'short' }])
      })
    })
  })

  describe('group', () => {
    test('shares partitions out again when a member comes and goes', async () => {
      const name = await topic('shared', 4)
      await write(name, messages(400))
      const all = await readAll(name)
      const first = await member(name, { groupId: 'shared' })
      const alone = (await first.next())!
      expect(alone.partitions).toEqual([0, 1, 2, 3])
      const old = await alone.open(0, reading(undefined, { mode: 'streaming' }))
      expect(gotten(await old.read()).length).toBeGreaterThan(0)

      const second = await member(name, { groupId: 'shared' })
      const half = (await first.next())!
      const otherHalf = (await second.next())!
      expect(alone.revoked.aborted).toBe(true)
      expect(half.revoked.aborted).toBe(false)
      await expect(old.read()).rejects.toMatchObject({ code: 'SBX_KAFKA_REVOKED' })
      expect(half.partitions).toEqual([0, 1])
      expect(otherHalf.partitions).toEqual([2, 3])

      // Each partition from the middle on, whoever has it.
      const middles = await Promise.all(
        [half, otherHalf].flatMap(({ partitions, open }) =>
          partitions.map(async (partition) => drain(await open(partition, reading('20')))),
        ),
      )
      expect(sorted(middles.flat())).toEqual(sorted(all.filter(({ offset }) => offset >= 20)))

      await second.leave()
      expect(await second.next()).toBeUndefined()
      expect((await first.next())!.partitions).toEqual([0, 1, 2, 3])
      expect(half.revoked.aborted).toBe(true)
      await first.leave()
    })

    test('says that partitions were added', async () => {
      const name = await topic('grown', 1)
      const group = await member(name, { groupId: 'grown' })
      await group.next()
      await admin.createPartitions({ topicPartitions: [{ topic: name, count: 2 }] })
      const other = await member(name, { groupId: 'grown' })
      expect(other.partitions).toBe(2)
      const refusal = expect(group.next()).rejects
      await refusal.toMatchObject({ name: 'SourceError', code: 'SBX_KAFKA_PARTITIONS' })
      await refusal.toThrow(/had 1 partitions .* has 2/)
      await Promise.all([group.leave(), other.leave()])
    })
  })

  describe('errors', () => {
    const refused = (options: Partial<KafkaSourceOptions>): Promise<unknown> =>
      member('none-such', options).then(
        () => undefined,
        (error: unknown) => error,
      )

    test('a topic that is not there is named', async () => {
      const error = await refused({})
      expect(error).toMatchObject({
        name: 'SourceError',
        code: 'SBX_KAFKA_TOPIC_MISSING',
        retryable: false,
      })
      expect(String(error)).toMatch(/none-such.*createPartitions/s)
      const late = await write('none-such', messages(1)).catch((cause: unknown) => cause)
      expect(late).toMatchObject({ name: 'SinkError', code: 'SBX_KAFKA_TOPIC_MISSING' })
    })

    test('a broker that does not answer is tried for a while', async () => {
      const absent = { brokers: '127.0.0.1:9', retryMs: 500 }
      expect(await refused(absent)).toMatchObject({
        code: 'SBX_KAFKA_UNREACHABLE',
        retryable: true,
      })
      const late = await write('any', messages(1), absent).catch((cause: unknown) => cause)
      expect(late).toMatchObject({ name: 'SinkError', code: 'SBX_KAFKA_UNREACHABLE' })
    })

    test('a wrong password is named, and not shown', async () => {
      const { brokers, ca } = server.secure!
      const error = await refused({
        brokers,
        ssl: { ca },
        sasl: { mechanism: 'plain', username: USER.name, password: 'wrong-and-hidden' },
      })
      expect(error).toMatchObject({ code: 'SBX_KAFKA_AUTH', retryable: false })
      const shown = [String(error), (error as Error).stack, String((error as Error).cause)].join()
      expect(shown).not.toContain('wrong-and-hidden')
    })

    test('a position that is gone is refused with what is there', async () => {
      const name = await topic('deleted', 1)
      await write(name, messages(20))
      await deleteBefore(name, 10)
      await withGroup(name, {}, async (group) => {
        const { open } = (await group.next())!
        for (const position of ['5', '21']) {
          const refusal = expect(open(0, reading(position))).rejects
          await refusal.toMatchObject({ name: 'SourceError', code: 'SBX_KAFKA_OFFSET_RANGE' })
          await refusal.toThrow(/offsets 10 to 20.*--accept-source tweets/s)
        }
        expect(await drain(await open(0, reading()))).toHaveLength(10)
      })
    })

    test('a position that goes while it is read is refused, not skipped', async () => {
      const name = await topic('expired', 1)
      for (let n = 0; n < 20; n++) await send(name, 20, 1_000, 'x'.repeat(2_000))
      await withGroup(name, { maxQueuedBytes: 1 }, async (group) => {
        const { open } = (await group.next())!
        const reader = await open(0, reading(undefined, { batchBytes: 20_000 }))
        const first = gotten(await reader.read())
        expect(first[0]).toMatchObject({ offset: 0 })
        await deleteBefore(name, 390)
        await expect(drain(reader)).rejects.toMatchObject({ code: 'SBX_KAFKA_OFFSET_RANGE' })
      })
    })

    test('a topic that is made anew while it is read is told from the former one', async () => {
      const name = await topic('anew', 1)
      await write(name, messages(20))
      const group = await member(name)
      const reader = await (await group.next())!.open(0, reading(undefined, { mode: 'streaming' }))
      expect(gotten(await reader.read())).toHaveLength(20)
      await admin.deleteTopics({ topics: [name] })
      await expect.poll(() => admin.listTopics()).not.toContain(name)
      await topic(name, 1)
      // Longer than the former one: every position of before means something in it.
      await write(name, messages(50))
      const changed = { name: 'SourceError', code: 'SBX_KAFKA_TOPIC_CHANGED' }
      await expect(untilRefused(() => reader.read())).rejects.toMatchObject(changed)
      await group.leave()
    })

    test('a record that the broker finds too large is named', async () => {
      const name = await topic('small', 1, { 'max.message.bytes': '1000' })
      await expect(write(name, [{ key: null, value: 'x'.repeat(2000) }])).rejects.toMatchObject({
        name: 'SinkError',
        code: 'SBX_KAFKA_MESSAGE_TOO_LARGE',
      })
    })
  })

  // The last ones: they end the broker.
  test('loses and repeats nothing when the broker is killed and comes back', async () => {
    const name = await topic('killed', 4)
    const group = await member(name)
    const got: Got[] = []
    const positions = new Map<number, Json>()
    const stop = new AbortController()
    const readers = follow(group, positions, got, stop.signal)

    const sink = await writer(name)
    const sent = messages(6_000)
    for (const [n, message] of sent.entries()) {
      sink.write(message, ENVELOPE)
      if (n % 200 === 0) {
        await sink.relieve()
        await sink.prepare()
      }
      if (n === 3_000) await server.kill9().then(() => void server.restart())
    }
    await sink.prepare()
    await expect.poll(() => got.length, { timeout: 60_000 }).toBe(sent.length)
    expect(texts(got)).toEqual(texts(sent))
    stop.abort()
    await group.leave()
    await readers
    await sink.close()
  })

  test.each(['hangs', 'is gone'])(
    'a sink whose broker %s ends soon when its run is to end',
    async (how) => {
      const name = `ending-${how.replace(' ', '-')}`
      const isMade = () =>
        topic(name, 1).then(
          () => true,
          () => false,
        )
      // The broker of the test before may not know yet that it is back.
      await expect.poll(isMade, { timeout: 60_000, interval: 500 }).toBe(true)
      const ending = new AbortController()
      const sink = await writer(name, {}, ending.signal)
      sink.write(messages(1)[0]!, ENVELOPE)
      await sink.prepare()
      if (how === 'hangs') {
        process.kill(server.pid, 'SIGSTOP')
        const state = () => readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]![0]
        await expect.poll(state).toBe('T')
      } else await server.kill9()
      try {
        sink.write(messages(1)[0]!, ENVELOPE)
        const refusal = expect(sink.prepare()).rejects.toMatchObject({
          name: 'SinkError',
          code: 'SBX_KAFKA_UNREACHABLE',
          retryable: true,
        })
        const startedMs = performance.now()
        ending.abort()
        await refusal
        await sink.close()
        // It would be tried for a minute while the run goes on.
        expect(performance.now() - startedMs).toBeLessThan(20_000)
      } finally {
        if (how === 'hangs') process.kill(server.pid, 'SIGCONT')
        else await server.restart()
        const hasLeaders = () =>
          admin.fetchTopicOffsets(name).then(
            () => true,
            () => false,
          )
        await expect.poll(hasLeaders, { timeout: 60_000, interval: 500 }).toBe(true)
      }
    },
  )

  test('says so when the broker stays away', async () => {
    const name = await topic('gone', 1)
    const group = await member(name, { retryMs: 1_500 })
    const { open } = (await group.next())!
    const reader = await open(0, reading(undefined, { mode: 'streaming' }))
    await reader.read()
    await server.kill9()
    const unreachable = { code: 'SBX_KAFKA_UNREACHABLE', retryable: true }
    await expect(untilRefused(() => reader.read())).rejects.toMatchObject({
      code: expect.stringMatching(/SBX_KAFKA_(UNREACHABLE|REVOKED)/) as string,
    })
    await expect(untilRefused(() => group.next())).rejects.toMatchObject(unreachable)
    await group.leave()
  })
})

async function topic(
  name: string,
  numPartitions = 2,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }))
  await admin.createTopics({ topics: [{ topic: name, numPartitions, configEntries }] })
  return name
}

function messages(count: number): Message[] {
  return Array.from({ length: count }, (_, n) => ({ key: `key ${n}`, value: `value ${n}` }))
}

async function writer(
  name: string,
  options: Partial<KafkaSinkOptions<Message>> = {},
  signal = new AbortController().signal,
): Promise<Writer<Message>> {
  const sink = kafkaSink<Message>({
    brokers: server.brokers,
    topic: name,
    key: ({ key }) => key,
    value: ({ value }) => value,
    headers: ({ headers = {} }) => headers,
    ...options,
  })
  return sink.openWriter({ node: 'out', clock: systemClock, signal } as WriterContext)
}

async function write(
  name: string,
  records: readonly Message[],
  options: Partial<KafkaSinkOptions<Message>> = {},
): Promise<void> {
  const sink = await writer(name, options)
  try {
    for (const record of records) sink.write(record, ENVELOPE)
    expect(await sink.prepare()).toEqual([])
  } finally {
    await sink.close()
  }
}

/** Writes with a time of our own. */
async function send(name: string, count: number, timestamp: number, value = 'v'): Promise<void> {
  const producer = client.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  const records = Array.from({ length: count }, () => ({ value, timestamp: String(timestamp) }))
  await producer.send({ topic: name, messages: records })
  await producer.disconnect()
}

async function deleteBefore(name: string, offset: number): Promise<void> {
  // Brings the topic to the client's notice.
  await admin.fetchTopicOffsets(name)
  const partitions = [{ partition: 0, offset: String(offset) }]
  await admin.deleteTopicRecords({ topic: name, partitions })
}

async function javaProducer(name: string, codec: string, lines: readonly string[]): Promise<void> {
  const producing = run('java', [
    ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'],
    ...['-cp', join(installedAt('kafka'), '*'), 'org.apache.kafka.tools.ConsoleProducer'],
    ...['--bootstrap-server', server.brokers, '--topic', name, '--compression-codec', codec],
  ])
  producing.child.stdin!.end(`${lines.join('\n')}\n`)
  await producing
}

function joining(options: Partial<GroupContext> = {}): GroupContext {
  return {
    node: 'tweets',
    topology: 'tweet-lake',
    lineage: '0123456789abcdef',
    clock: systemClock,
    logger: silent,
    signal: new AbortController().signal,
    mode: 'micro-batch',
    ...options,
  }
}

function reading(position?: Json, options: Partial<SourceContext> = {}): SourceContext {
  const restored =
    position === undefined
      ? undefined
      : { inline: position, objects: [], read: async () => new Uint8Array(0) }
  return { ...joining(), batchBytes: 1 << 20, restored, ...options }
}

async function member(
  name: string,
  options: Partial<KafkaSourceOptions> = {},
): Promise<PartitionGroup> {
  const source = kafkaSource({
    brokers: server.brokers,
    topic: name,
    groupId: `${name}-${left.length}`,
    sessionTimeoutMs: 6_000,
    ...options,
  })
  const group = await source.join!(joining())
  left.push(() => group.leave())
  return group
}

async function withGroup(
  name: string,
  options: Partial<KafkaSourceOptions>,
  use: (group: PartitionGroup) => Promise<void>,
): Promise<void> {
  const group = await member(name, options)
  try {
    await use(group)
  } finally {
    await group.leave()
  }
}

async function readAll(
  name: string,
  options: Partial<KafkaSourceOptions> = {},
): Promise<readonly Got[]> {
  let all: Got[] = []
  await withGroup(name, options, async (group) => {
    const { partitions, open } = (await group.next())!
    const parts = await Promise.all(
      partitions.map(async (partition) => drain(await open(partition, reading()))),
    )
    all = parts.flat()
  })
  return all
}

async function drain(reader: SourceReader): Promise<Got[]> {
  const all: Got[] = []
  for (;;) {
    const batch = await reader.read()
    if (batch === undefined) return all
    all.push(...gotten(batch))
  }
}

function gotten(batch: SourceBatch | undefined): Got[] {
  if (batch === undefined) return []
  const { bytes, bounds, baseOffset, offsets, partition, bronze } = batch
  const special = bronze?.kind === 'values' ? bronze.special : []
  return Array.from({ length: bounds!.length / 2 }, (_, n) => {
    const more = special.find(({ index }) => index === n)
    const value = Buffer.from(bytes!.subarray(bounds![2 * n], bounds![2 * n + 1])).toString()
    const text = (part: Uint8Array | null): string | null =>
      part === null ? null : Buffer.from(part).toString()
    return {
      partition,
      offset: offsets?.[n] ?? baseOffset + n,
      value: more?.isNull ? null : value,
      headers: (more?.headers ?? []).map(([name, content]) => [name, text(content)] as const),
      ...(more?.key !== undefined && { key: text(more.key) }),
    }
  })
}

/** Reads on through all rebalances, each partition from where the last reader of it stood. */
async function follow(
  group: PartitionGroup,
  positions: Map<number, Json>,
  got: Got[],
  signal: AbortSignal,
): Promise<void> {
  const readOne = async (partition: number, { open }: Assignment): Promise<void> => {
    const reader = await open(
      partition,
      reading(positions.get(partition), { mode: 'streaming', signal }),
    )
    try {
      while (!signal.aborted) {
        got.push(...gotten(await reader.read()))
        positions.set(partition, (await reader.position()).inline)
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'SBX_KAFKA_REVOKED' })
    } finally {
      await reader.close()
    }
  }
  let assignment = await group.next()
  while (assignment !== undefined) {
    const held = assignment
    await Promise.all(held.partitions.map((partition) => readOne(partition, held)))
    assignment = await group.next()
  }
}

async function untilRefused(call: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < 1000; n++) await call()
}

const texts = (all: readonly { readonly value: string | null }[]): string[] =>
  all.map(({ value }) => String(value)).sort()

const sorted = (all: readonly Got[]): Got[] =>
  all.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
