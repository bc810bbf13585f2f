import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { int64 } from '../../../src/core/columnSchemas.ts'
import { defineTopology } from '../../../src/core/defineTopology.ts'
import { sourcePosition } from '../../../src/core/projection/expression.ts'
import { projection } from '../../../src/core/projection/projection.ts'
import { viewOf } from '../../../src/core/rows/rowView.ts'
import { StoredRows } from '../../../src/core/rows/storedRows.ts'
import type { Rejected, Selector, Sink, Table, Writer } from '../../../src/core/unit.ts'
import { decodeJson } from '../../../src/operators/decodeJson.ts'
import { project } from '../../../src/operators/project.ts'
import { validate } from '../../../src/operators/validate.ts'
import { windowDedup } from '../../../src/operators/windowDedup.ts'
import { openChain } from '../../../src/runtime/chain/openChain.ts'
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

/** Lets batches of lines through two gates, as rows or as records. */
async function pass(batches: readonly (readonly string[])[], rows: boolean) {
  const kept: Kept = {}
  const sink = (name: string): Sink<unknown> => ({ kind: 'sink', ...keeping(name, kept, rows) })
  const rejects: Table<Rejected> = { kind: 'table', ...keeping('rejects', kept, false) }
  const topology = defineTopology('test', { rejects }, (flow) => {
    const time = { eventTime: timeOf, windowMs: 10, allowedLatenessMs: 5 }
    const notes = flow
      .source('notes', landingFiles({ path: '/nowhere' }))
      .via('decode', decodeJson())
      .via('validate', validate(Note))
      .via('row', project(toRow))
    const byId = notes.split('byId', windowDedup<Row>({ key: 'id', ...time }))
    const byTime = windowDedup<Row>({ key: ({ at }) => `${Number(at) % 7}`, ...time })
    const last = byId.out.split('byTime', byTime)
    return {
      all: notes.to('all', sink('all')),
      first: last.out.to('first', sink('first')),
      more: flow.merge('more', byId.duplicate, last.duplicate).to('repeats', sink('repeats')),
    }
  })
  const [plan] = planTopology(topology).flows
  const selectors = new Map<string, Selector>()
  for (const node of plan!.nodes) {
    if (node.kind !== 'operator' || node.unit.state === 'none') continue
    selectors.set(node.name, node.unit.open({ node: node.name, clock }))
  }
  const chain = await openChain(plan!, clock).forTask((node) => ({ node }) as never)
  let baseOffset = 0
  let failure: string | undefined
  for (const [seq, lines] of batches.entries()) {
    const bytes = Buffer.from(`${lines.join('\n')}\n`)
    const batch = { partition: 0, source: 'a', ingestedAtMs: 0, framing: 'lines' as const }
    try {
      let gated = chain.begin(seq, { ...batch, bytes: Uint8Array.from(bytes), baseOffset })
      while (gated.length > 0) {
        const { gate, keys } = gated[0]!
        gated = chain.resume(seq, gate, selectors.get(gate)!.select(keys))
      }
    } catch (error) {
      failure = (error as Error).message
      break
    }
    baseOffset += bytes.length
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

test('rows take the ways that the records would which they stand for', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(line, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 4 }),
      async (batches) => {
        const [rows, records] = await Promise.all([pass(batches, true), pass(batches, false)])
        // Which of two gates a repeat met first is no order that anybody was promised.
        for (const { kept } of [rows, records]) {
          kept['repeats']!.sort((a, b) => position(a) - position(b))
        }
        expect(rows).toEqual(records)
        expect(rows.failure).toBeUndefined()
      },
    ),
    { numRuns: 200 },
  )
  expect(stored).toBeGreaterThan(1000)
})

const position = (row: unknown): number => Number((row as Row).position.split(':')[1])

test.each([
  ['a check', 13, /decode: threw on the record at a:36: thirteen/],
  ['a function of a gate', 40, /byId: threw on the record at a:36: forty/],
])('%s that throws is named with its record, as rows too', async (_, at, message) => {
  const batch = [1, 2, at, 3].map((one) => JSON.stringify({ id: 'a', at: one }))
  const [rows, records] = await Promise.all([pass([batch], true), pass([batch], false)])
  expect(rows.failure).toMatch(message)
  expect(rows.failure).toBe(records.failure)
})
