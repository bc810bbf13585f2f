import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { int64 } from '../../../src/core/columnSchemas.ts'
import { defineTopology } from '../../../src/core/defineTopology.ts'
import { sourcePosition } from '../../../src/core/projection/expression.ts'
import { projection } from '../../../src/core/projection/projection.ts'
import { viewOf } from '../../../src/core/rows/rowView.ts'
import { StoredRows } from '../../../src/core/rows/storedRows.ts'
import type { Flow, Stream } from '../../../src/core/topology.ts'
import type {
  Rejected,
  Selector,
  Sink,
  SourceBatch,
  Table,
  Writer,
} from '../../../src/core/unit.ts'
import { decodeJson } from '../../../src/operators/decodeJson.ts'
import { project } from '../../../src/operators/project.ts'
import { validate } from '../../../src/operators/validate.ts'
import { windowDedup } from '../../../src/operators/windowDedup.ts'
import { openChain, type Gated } from '../../../src/runtime/chain/openChain.ts'
import { planTopology } from '../../../src/runtime/plan.ts'
import { landingFiles } from '../../../src/sources/landingFiles.ts'

const Note = v.object({
  id: v.string(),
  at: v.pipe(
    v.number(),
    v.check((at) => {
      if (at === 13) throw new Error('thirteen')
      return at >= 0
    }),
  ),
})
const Row = v.object({ id: v.string(), at: int64(), position: v.string() })
type Row = v.InferOutput<typeof Row>
const toRow = projection(Note, Row, ({ id, at }) => ({ id, at, position: sourcePosition }))
const clock = { now: () => 0, sleep: () => Promise.resolve() }

function timeOf({ at }: Row): number {
  if (at === 40) throw new Error('forty')
  return Number(at)
}

/** What became of records, in order, by sink. */
type Kept = Record<string, unknown[]>

let stored = 0

/** Keeps what it is given; stored rows as the records that they stand for. */
function keeping(name: string, kept: Kept, rows: boolean) {
  const into = (kept[name] = [] as unknown[])
  const writer: Writer<unknown> = {
    write(record) {
      if (!(record instanceof StoredRows)) into.push(record)
      else {
        const { store, count } = record
        stored += count
        for (let at = 0; at < count; at++) into.push({ ...viewOf(store, record.rows[at]!) })
      }
    },
    ...(rows ? { takesRows: () => true } : {}),
    relieve: async () => {},
    prepare: async () => [],
    close: async () => {},
  }
  return {
    type: 'keeping',
    rank: 'silver' as const,
    options: {},
    openWriter: () => writer,
    openPublisher: () => Promise.reject(new Error('not asked for')),
  } satisfies Omit<Sink<unknown>, 'kind'>
}

/** A batch of records: by lines, or by bounds with offsets that are counted or given. */
interface Records {
  readonly lines: readonly string[]
  readonly framing: 'lines' | 'counted' | 'given'
  /** Whether one of its records is not UTF-8. */
  readonly isBroken: boolean
}

function batchOf({ lines, framing, isBroken }: Records, baseOffset: number): SourceBatch {
  const text = lines.map((one) => `${one}\n`)
  const bytes = Buffer.from(text.join('') + (isBroken ? '{"id":"?","at":5}\n' : ''))
  if (isBroken) bytes[bytes.lastIndexOf('?')] = 0xff
  const batch = { partition: 0, source: 'a', ingestedAtMs: 0, bytes: Uint8Array.from(bytes) }
  if (framing === 'lines') return { ...batch, framing, baseOffset }
  const bounds: number[] = []
  for (let start = 0, end = 0; start < bytes.length; start = end + 1) {
    end = bytes.indexOf('\n', start)
    bounds.push(start, end)
  }
  const offsets = Float64Array.from({ length: bounds.length / 2 }, (_, at) => baseOffset + at * 3)
  return {
    ...{ ...batch, framing: 'bounds', bounds: Uint32Array.from(bounds), baseOffset },
    ...(framing === 'given' ? { offsets } : {}),
  }
}

type Build = (
  notes: Stream<Row, true>,
  flow: Flow<true>,
  sink: (name: string) => Sink<unknown>,
) => Record<string, unknown>

/** Lets batches through a flow, as rows or as records; the next begins while one waits at its gates. */
async function pass(batches: readonly Records[], rows: boolean, build: Build) {
  const kept: Kept = {}
  const sink = (name: string): Sink<unknown> => ({ kind: 'sink', ...keeping(name, kept, rows) })
  const rejects: Table<Rejected> = { kind: 'table', ...keeping('rejects', kept, false) }
  const topology = defineTopology('test', { rejects }, (flow) => {
    const notes = flow
      .source('notes', landingFiles({ path: '/nowhere' }))
      .via('decode', decodeJson())
      .via('validate', validate(Note))
      .via('row', project(toRow))
    return build(notes, flow, sink) as { notes: typeof notes }
  })
  const [plan] = planTopology(topology).flows
  const selectors = new Map<string, Selector>()
  for (const node of plan!.nodes) {
    if (node.kind !== 'operator' || node.unit.state === 'none') continue
    selectors.set(node.name, node.unit.open({ node: node.name, clock }))
  }
  const chain = await openChain(plan!, clock).forTask((node) => ({ node }) as never)
  const finish = (seq: number, first: readonly Gated[]): void => {
    let gated = first
    while (gated.length > 0) {
      const { gate, keys } = gated[0]!
      gated = chain.resume(seq, gate, selectors.get(gate)!.select(keys))
    }
  }
  const begun: (() => void)[] = []
  let failure: string | undefined
  try {
    let baseOffset = 0
    for (const [seq, records] of batches.entries()) {
      const batch = batchOf(records, baseOffset)
      const gated = chain.begin(seq, batch)
      begun.push(() => finish(seq, gated))
      if (begun.length > 1) begun.shift()!()
      baseOffset += batch.bytes!.length
    }
    for (const last of begun) last()
  } catch (error) {
    failure = (error as Error).message
  }
  return { kept, failure, ledger: (await chain.prepare().done).ledger }
}

const note = fc.record({
  id: fc.oneof(fc.constantFrom('a', 'b', 'ü', '😀 and more', ''), fc.string({ maxLength: 3 })),
  at: fc.integer({ min: 0, max: 39 }).map((at) => (at === 13 ? 14 : at)),
})
const line = fc.oneof(
  { weight: 12, arbitrary: note.map((one) => JSON.stringify(one)) },
  { weight: 1, arbitrary: note.map(({ id, at }) => JSON.stringify({ at, id })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('{"id":"a","at":-1}', '{"id":"a"', '7', '{"id":"a","at":1e0}'),
  },
)
const records: fc.Arbitrary<Records> = fc.record({
  lines: fc.array(line, { minLength: 1, maxLength: 60 }),
  framing: fc.constantFrom('lines', 'counted', 'given'),
  isBroken: fc.boolean(),
})

const time = { eventTime: timeOf, windowMs: 10, allowedLatenessMs: 5 }
const byId = windowDedup<Row>({ key: 'id', ...time })
const bySeven = windowDedup<Row>({ key: ({ at }) => `${Number(at) % 7}`, ...time })

const flows: Readonly<Record<string, Build>> = {
  'two gates one behind the other'(notes, flow, sink) {
    const first = notes.split('byId', byId)
    const last = first.out.split('bySeven', bySeven)
    const repeats = flow.merge('repeats', first.duplicate, last.duplicate)
    return {
      all: notes.to('all', sink('all')),
      first: last.out.to('first', sink('first')),
      repeats: repeats.to('more', sink('more')),
    }
  },
  'ports that meet again'(notes, flow, sink) {
    const ports = notes.split('byId', byId)
    const both = flow.merge('both', ports.out, ports.duplicate)
    const again = both.split('bySeven', bySeven)
    return {
      both: both.to('both-sink', sink('both')),
      first: again.out.to('first', sink('first')),
      more: again.duplicate.to('more', sink('more')),
    }
  },
  'copies that meet again'(notes, flow, sink) {
    const one = flow.merge('one', notes)
    const other = flow.merge('other', notes)
    return { all: flow.merge('all', one, other).via('bySeven', bySeven).to('sink', sink('all')) }
  },
}

test.each(Object.entries(flows))('%s: rows take the ways of records', async (_, build) => {
  stored = 0
  await fc.assert(
    fc.asyncProperty(fc.array(records, { minLength: 1, maxLength: 4 }), async (batches) => {
      const [rows, apart] = [await pass(batches, true, build), await pass(batches, false, build)]
      expect(rows).toEqual(apart)
      expect(rows.failure).toBeUndefined()
    }),
    { numRuns: 100 },
  )
  expect(stored).toBeGreaterThan(200)
})

test.each([
  ['a check', 13, /decode: threw on the record at a:36: thirteen/],
  ['a function of a gate', 40, /byId: threw on the record at a:36: forty/],
])('%s that throws is named with its record, as rows too', async (_, at, message) => {
  const lines = [1, 2, at, 3].map((one) => JSON.stringify({ id: 'a', at: one }))
  const batch = { lines, framing: 'lines', isBroken: false } as const
  const build = flows['two gates one behind the other']!
  const [rows, apart] = [await pass([batch], true, build), await pass([batch], false, build)]
  expect(rows.failure).toMatch(message)
  expect(rows.failure).toBe(apart.failure)
})

test('more rows than there was room for, some in between left to others', async () => {
  const lines = Array.from({ length: 3000 }, (_, at) =>
    JSON.stringify(at % 700 === 5 ? { at: 1, id: `${at}` } : { id: `${at}`, at: at % 12 }),
  )
  const batch = { lines, framing: 'lines', isBroken: false } as const
  const build = flows['two gates one behind the other']!
  expect(await pass([batch, batch], true, build)).toEqual(await pass([batch, batch], false, build))
})
