import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { defineTopology } from '../../../src/core/defineTopology.ts'
import type { Envelope, Rejected, Sink, Table } from '../../../src/core/unit.ts'
import { decodeJson } from '../../../src/operators/decodeJson.ts'
import { filter } from '../../../src/operators/filter.ts'
import { validate } from '../../../src/operators/validate.ts'
import { openChain } from '../../../src/runtime/chain/openChain.ts'
import { planTopology } from '../../../src/runtime/plan.ts'
import { landingFiles } from '../../../src/sources/landingFiles.ts'

const Tweet = v.object({ id: v.pipe(v.string(), v.nonEmpty()), likes: v.number() })
const lines = [
  '{"id":"1","likes":1}',
  '{"likes":2,"id":"2"}',
  '{"id":"3","likes":"3"}',
  '{"id":"4","likes":4',
  ' { "id" : "5ü" , "likes" : 5 } ',
  '{"id":"6\xff","likes":6}',
  '{"id":"","likes":7}',
  '{"id":"8","likes":8,"more":true}',
]
const bytes = Buffer.from(`${lines.slice(0, 5).join('\n')}\n`)
const latin = Buffer.from(`${lines.slice(5).join('\n')}\n`, 'latin1')
const clock = { now: () => 0, sleep: () => Promise.resolve() }

/** Keeps what it is given, with the place that the envelope names. */
function keeping(kept: unknown[]) {
  return {
    type: 'keeping',
    rank: 'silver' as const,
    options: {},
    openWriter: () => ({
      write: (record: unknown, { offset }: Envelope) => void kept.push([offset, record]),
      relieve: async () => {},
      prepare: async () => [],
      close: async () => {},
    }),
    openPublisher: () => Promise.reject(new Error('not asked for')),
  } satisfies Omit<Sink<unknown>, 'kind'>
}

/** Runs the lines through decodeJson and validate, with or without an operator between them. */
async function fates(between: boolean) {
  const kept: unknown[] = []
  const rejects: unknown[] = []
  const table: Table<Rejected> = { kind: 'table', ...keeping(rejects) }
  const sink: Sink<unknown> = { kind: 'sink', ...keeping(kept) }
  const topology = defineTopology('test', { rejects: table }, (flow) => {
    const raw = flow
      .source('tweets', landingFiles({ path: '/nowhere' }))
      .via('decode', decodeJson())
    const ready = between
      ? raw.via(
          'between',
          filter(() => true),
        )
      : raw
    return { out: ready.via('validate', validate(Tweet)).to('sink', sink) }
  })
  const [plan] = planTopology(topology).flows
  const chain = await openChain(plan!, clock).forTask((node) => ({ node }) as never)
  const batch = { partition: 0, source: 'a', ingestedAtMs: 0, framing: 'lines' as const }
  chain.begin(0, { ...batch, bytes: Uint8Array.from(bytes), baseOffset: 0 })
  chain.begin(1, { ...batch, bytes: Uint8Array.from(latin), baseOffset: bytes.length })
  const { between: _, ...ledger } = (await chain.prepare().done).ledger
  return { kept, rejects, ledger }
}

describe('a check right behind a decoder', () => {
  test('gives the same records, rejects and counts as one that stands apart', async () => {
    expect(await fates(false)).toEqual(await fates(true))
  })

  test('counts on both nodes what is read and checked at once', async () => {
    const { kept, ledger } = await fates(false)
    expect(kept).toEqual([
      [0, { id: '1', likes: 1 }],
      [21, { likes: 2, id: '2' }],
      [85, { id: '5ü', likes: 5 }],
      [bytes.length, { id: '6\ufffd', likes: 6 }],
      [bytes.length + latin.lastIndexOf('{'), { id: '8', likes: 8, more: true }],
    ])
    expect(ledger).toMatchObject({
      tweets: { in: 8, out: 8 },
      decode: { in: 8, out: 7, rejected: 1, repaired: 1 },
      validate: { in: 7, out: 5, rejected: 2 },
      sink: { in: 5 },
    })
  })
})
