import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runPython } from '../../scripts/python.ts'
import { date, int32, int64, timestamp } from '../../src/core/schema.ts'
import type { Envelope, WriterContext } from '../../src/core/unit.ts'
import { deltaLog } from '../../src/lake/delta/deltaLog.ts'
import { readDelta } from '../../src/lake/delta/readDelta.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { deltaTable } from '../../src/sinks/delta/deltaTable.ts'
import { virtualClock } from '../../src/testing/virtualClock.ts'

// What delta-rs makes of our tables, and we of what it writes into them.

const Row = v.object({
  platform: v.string(),
  date: date(),
  id: v.string(),
  at: timestamp(),
  likes: v.nullable(int64()),
  small: int32(),
  rate: v.nullable(v.number()),
  verified: v.nullable(v.boolean()),
  born: v.nullable(date()),
  text: v.nullable(v.string()),
  raw: v.nullable(v.instance(Uint8Array)),
  tags: v.array(v.string()),
  mentions: v.nullable(v.array(v.string())),
})
type Row = v.InferOutput<typeof Row>

const EPOCHS = 120
const path = 'silver/rows'
const noEnvelope = undefined as unknown as Envelope
const clock = virtualClock(Date.UTC(2024, 5, 12))
const logger = { info: () => {}, warn: () => {}, error: (event: string) => expect.fail(event) }

const rowOf = (i: number): Row => ({
  platform: ['twitter', 'reddit', 'a/b c%=é'][i % 3]!,
  date: i % 2 === 0 ? '2024-06-10' : '2024-06-11',
  id: `id-${i}`,
  at: 1_717_977_600_000_000n + BigInt(i),
  likes: i % 5 === 0 ? null : i % 5 === 1 ? 2n ** 53n + BigInt(i) : -i,
  small: i - 100,
  rate: i % 4 === 0 ? null : i / 7,
  verified: i % 3 === 0 ? null : i % 2 === 0,
  born: i % 6 === 0 ? null : '1969-12-31',
  text: i % 7 === 0 ? null : i % 7 === 1 ? '' : `Grüße 😀 ${'x'.repeat(i % 90)}`,
  raw: i % 8 === 0 ? null : Uint8Array.of(i % 256, 0, 255),
  tags: i % 2 === 0 ? [] : ['a', '', `#${i}`],
  mentions: i % 3 === 0 ? null : i % 3 === 1 ? [] : ['b'],
})
const rows = Array.from({ length: EPOCHS * 10 }, (_, i) => rowOf(i))

let lake: string
let table: string
beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'sluicebox-delta-'))
  table = join(lake, path)
  const sink = deltaTable({ lake, path, schema: Row, partitionBy: ['platform', 'date'] })
  const publisher = await sink.openPublisher({ node: 'rows', topology: 'flow', clock, logger })
  let epoch = 0
  const context: WriterContext = {
    ...{ node: 'rows', task: 'in', topology: 'flow', clock, runId: 'r', writer: 0 },
    ...{ memoryBytes: 1 << 24, epoch: () => epoch, attempt: () => '1-a' },
  }
  const writer = await sink.openWriter(context)
  for (epoch = 1; epoch <= EPOCHS; epoch++) {
    for (const row of rows.slice((epoch - 1) * 10, epoch * 10)) writer.write(row, noEnvelope)
    const commit = { lineage: 'l', topology: 'flow', task: 'in', node: 'rows', attempt: '1-a' }
    await publisher.publish({ ...commit, epoch, files: await writer.prepare(), positions: epoch })
  }
})
afterAll(() => rm(lake, { recursive: true }))

const READ = `
import base64, datetime, json, sys
from deltalake import DeltaTable
def plain(value):
    if isinstance(value, datetime.datetime):
        since = value - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return str(since // datetime.timedelta(microseconds=1))
    if isinstance(value, datetime.date): return value.isoformat()
    if isinstance(value, bytes): return base64.b64encode(value).decode()
    if isinstance(value, int) and not isinstance(value, bool): return str(value)
    return value
table = DeltaTable(sys.argv[1])
rows = table.to_pyarrow_table()
rows.validate(full=True)
print(json.dumps({
    "version": table.version(),
    "txn": table.transaction_version("l/flow/in/rows"),
    "partitions": table.metadata().partition_columns,
    "types": {field.name: [str(field.type), field.nullable] for field in rows.schema},
    "rows": [{k: plain(v) for k, v in row.items()} for row in rows.to_pylist()],
}))
`

interface Read {
  readonly version: number
  readonly txn: number
  readonly partitions: readonly string[]
  readonly types: Readonly<Record<string, readonly [string, boolean]>>
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** A row as the script above prints it. */
function printed(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (value instanceof Uint8Array) return [name, Buffer.from(value).toString('base64')]
      const isWhole = typeof value === 'bigint' || (typeof value === 'number' && name !== 'rate')
      return [name, isWhole ? String(value) : value]
    }),
  )
}
const byId = (some: readonly Readonly<Record<string, unknown>>[]) =>
  some.toSorted((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1))

test('delta-rs reads every row, its types and its txn from a log with checkpoints', async () => {
  const read = await runPython<Read>(READ, table)
  expect(read).toMatchObject({
    version: EPOCHS - 1,
    txn: EPOCHS,
    partitions: ['platform', 'date'],
    types: {
      platform: ['string', false],
      date: ['date32[day]', false],
      at: ['timestamp[us, tz=UTC]', false],
      likes: ['int64', true],
      small: ['int32', false],
      rate: ['double', true],
      verified: ['bool', true],
      raw: ['binary', true],
      tags: ['list<element: string not null>', false],
      mentions: ['list<element: string not null>', true],
    },
  })
  expect(byId(read.rows)).toEqual(byId(rows.map(printed)))
})

test('delta-rs finds rows by our statistics', async () => {
  const code = `
import json, sys
from deltalake import DeltaTable
table = DeltaTable(sys.argv[1])
dataset = table.to_pyarrow_dataset()
import pyarrow.compute as pc
print(json.dumps([
    dataset.count_rows(filter=pc.field("id") == "id-77"),
    dataset.count_rows(filter=pc.field("small") >= 1000),
    dataset.count_rows(filter=pc.field("text") == "Grüße 😀 " + "x" * 89),
    dataset.count_rows(filter=pc.field("likes") > 2**53),
    dataset.count_rows(filter=pc.field("platform") == "a/b c%=é"),
]))`
  expect(await runPython(code, table)).toEqual([
    1,
    rows.filter(({ small }) => small >= 1000).length,
    rows.filter(({ text }) => text === 'Grüße 😀 ' + 'x'.repeat(89)).length,
    rows.filter(({ likes }) => likes !== null && likes > 2n ** 53n).length,
    rows.length / 3,
  ])
})

test('what delta-rs adds, removes and checkpoints is read here, and the table goes on', async () => {
  const code = `
import json, sys
from deltalake import DeltaTable, write_deltalake
table = DeltaTable(sys.argv[1])
one = table.to_pyarrow_table(filters=[("id", "=", "id-2")])
index = one.schema.get_field_index("id")
write_deltalake(table, one.set_column(index, one.schema.field(index), [["theirs"]]), mode="append")
table = DeltaTable(sys.argv[1])
table.optimize.compact(partition_filters=[("platform", "=", "twitter")])
table.delete("platform = 'reddit'")
table.create_checkpoint()
print(json.dumps([table.version(), table.to_pyarrow_table().num_rows, table.file_uris().__len__()]))`
  const [version, count, files] = await runPython<[number, number, number]>(code, table)
  const store = await openLake(lake)
  const read = (await readDelta(store, path))!
  expect(read.version).toBe(version)
  expect(read.files.length).toBe(files)
  expect(read.files.reduce((sum, { records = NaN }) => sum + records, 0)).toBe(count)
  expect(count).toBe((rows.length / 3) * 2 + 1)
  for (const file of read.files) {
    expect([file.path, await store.has(`${path}/${file.path}`)]).toEqual([file.path, true])
  }

  const log = deltaLog({ store, path, clock })
  const snapshot = await log.snapshot()
  expect(snapshot.checkpoint).toBe(version)
  expect(snapshot.txns.get('l/flow/in/rows')?.version).toBe(EPOCHS)
  expect(snapshot.tombstones.size).toBeGreaterThan(0)
  await log.commit(() => [{ txn: { appId: 'l/flow/in/rows', version: EPOCHS + 1 } }])
  const again = await runPython<Read>(READ, table)
  expect([again.version, again.txn, again.rows.length]).toEqual([version + 1, EPOCHS + 1, count])
})
