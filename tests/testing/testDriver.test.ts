import { expect, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import { hours, minutes } from '../../src/core/durations.ts'
import type { Rejected, Sink, Source, StatelessOperator, Table } from '../../src/core/unit.ts'
import { windowDedup } from '../../src/operators/windowDedup.ts'
import { testDriver } from '../../src/testing/testDriver.ts'

interface Post {
  readonly id: string
  readonly at: number
}

const bytes: Source<Uint8Array> = {
  kind: 'source',
  type: 'none',
  options: {},
  ports: [],
  identity: {},
  open: () => Promise.reject(new Error('never opened in a test')),
}
const parse: StatelessOperator<Uint8Array, Post, { rejected: Rejected }> = {
  kind: 'operator',
  type: 'parse',
  state: 'none',
  expands: 'one',
  options: {},
  ports: ['rejected'],
  start: () => (record, outlet) => {
    const text = Buffer.from(record).toString()
    if (text.startsWith('{')) outlet.emit(JSON.parse(text) as Post)
    else outlet.reject('broken_record', 'not JSON')
  },
}
const closed = (): Promise<never> => Promise.reject(new Error('never opened in a test'))
const sink = {
  type: 'none',
  options: {},
  rank: 'silver' as const,
  openWriter: () => {
    throw new Error('never opened in a test')
  },
  openPublisher: closed,
}
const posts: Table<Post> = { kind: 'table', ...sink }
const rejects: Table<Rejected> = { kind: 'table', ...sink, rank: 'quarantine' }
const raw: Sink<Uint8Array> = { kind: 'sink', ...sink, rank: 'bronze' }

const topology = defineTopology('posts', { rejects }, (flow) => {
  const source = flow.source('source', bytes)
  const bronze = source.to('bronze', raw)
  const silver = source
    .via('parse', parse)
    .via(
      'dedup',
      windowDedup({ key: (post) => post.id, eventTime: (post) => post.at, windowMs: hours(1) }),
    )
    .toTable('silver', posts)
  return { source, bronze, silver }
})

const post = (id: string, at: number): string => JSON.stringify({ id, at })

test('runs a topology in memory and shows what was published and rejected', async () => {
  const driver = testDriver(topology)
  const { source, silver, bronze } = topology.handles
  driver.pipe(source, [post('a', 0), post('b', 0), 'broken', post('a', minutes(30))])
  const result = await driver.process()
  expect(driver.read(silver).map(({ id }) => id)).toEqual(['a', 'b'])
  expect(driver.read(bronze)).toHaveLength(4)
  expect(driver.rejected()).toMatchObject([
    { reason: 'broken_record', origin: 'source', position: '2' },
  ])
  expect(result.tasks[0]?.ledger['dedup']).toMatchObject({ in: 3, out: 2, duplicate: 1 })
})

test('goes on from the checkpoint of the life before, state included', async () => {
  const driver = testDriver(topology)
  const { source, silver } = topology.handles
  driver.pipe(source, [post('a', 0)])
  await driver.process()
  await driver.advance(hours(1))
  driver.pipe(source, [post('a', minutes(59)), post('a', hours(1) + 1)])
  const second = await driver.process()
  expect(driver.read(silver).map(({ at }) => at)).toEqual([0, hours(1) + 1])
  expect(second.tasks[0]?.total['source']?.in).toBe(3)
  expect(second.tasks[0]?.ledger['source']?.in).toBe(2)
})

test('a life without input commits nothing', async () => {
  const driver = testDriver(topology)
  driver.pipe(topology.handles.source, [post('a', 0)])
  expect((await driver.process()).epochs).toBe(1)
  expect((await driver.process()).epochs).toBe(0)
})

test('a function that throws ends the run with the record that it threw on', async () => {
  const throwing = defineTopology('throwing', { rejects }, (flow) => {
    const source = flow.source('source', bytes)
    const key = (): string => {
      throw new RangeError('no key')
    }
    const silver = source
      .via('parse', parse)
      .via('dedup', windowDedup({ key, eventTime: (record) => record.at, windowMs: 1 }))
      .toTable('silver', posts)
    return { source, silver }
  })
  const driver = testDriver(throwing)
  driver.pipe(throwing.handles.source, [post('a', 0)])
  await expect(driver.process()).rejects.toMatchObject({
    code: 'SBX_OPERATOR_THREW',
    node: 'dedup',
    message: expect.stringContaining('source:0') as string,
  })
})
