import * as v from 'valibot'
import { date, int64 } from '../../src/core/columnSchemas.ts'
import { decodeJson, defineTopology, landingFiles, openLake, validate } from '../../src/index.ts'
import type { Envelope, WriterContext } from '../../src/core/unit.ts'
import { readRows } from '../../src/lake/parquet/readRows.ts'
import { deltaTable, quarantineTable, readDelta } from '../../src/parquet.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { systemClock } from '../../src/runtime/systemClock.ts'

// A Delta table of very many small files, and a topology that goes on writing to it.

export const Event = v.object({ day: date(), id: int64(), name: v.string() })
export const path = 'silver/events'

/** Rows of the table from the beginning have ids from 0 on, what is written meanwhile from here on. */
export const NEW_IDS = 1_000_000

const DAYS = 28
const noEnvelope = undefined as unknown as Envelope
const dayOf = (id: number): string => `2024-02-${String(1 + (id % DAYS)).padStart(2, '0')}`
export const eventOf = (id: number) => ({ day: dayOf(id), id, name: `event ${id}` })

const eventTable = (lake: string) => deltaTable({ lake, path, schema: Event, partitionBy: ['day'] })

/** Fills the table with so many files of some rows each; returns the number of rows. */
export async function manySmallFiles(lake: string, files: number): Promise<number> {
  const table = eventTable(lake)
  const context = { node: 'events', topology: 'old', clock: systemClock, logger: silentLogger }
  const publisher = await table.openPublisher(context)
  const commit = { lineage: 'l', topology: 'old', task: 'in', node: 'events', attempt: '1-ab' }
  let epoch = 1
  const writing: WriterContext = {
    ...{ ...context, task: 'in', runId: 'r', writer: 0, memoryBytes: 1 << 26 },
    ...{ epoch: () => epoch, attempt: () => '1-ab' },
  }
  const writer = await table.openWriter(writing)
  let rows = 0
  for (; epoch * DAYS <= files; epoch++) {
    for (let n = 0; n < 4 * DAYS; n++) writer.write(eventOf(rows++), noEnvelope)
    await publisher.publish({ ...commit, epoch, files: await writer.prepare(), positions: epoch })
  }
  return rows
}

/** Reads events that land in a folder into the same table. */
export const eventLake = ({ lake, landing }: { lake: string; landing: string }) =>
  defineTopology('new', { rejects: quarantineTable({ lake }) }, (flow) => {
    const events = flow
      .source('landed', landingFiles({ path: landing }))
      .via('decode', decodeJson())
      .via('validate', validate(Event))
      .toTable('events', eventTable(lake))
    return { events }
  })

export interface Counted {
  readonly version: number
  readonly files: number
  /** Of the rows that were there from the beginning, and of those that came later. */
  readonly old: number
  readonly added: number
  /** Ids that stand in the table more than once. */
  readonly doubled: number
}

/** What a reader of the newest version finds in its files. */
export async function count(lake: string): Promise<Counted> {
  const store = await openLake(lake)
  const { version, files, columns } = (await readDelta(store, path))!
  const stored = columns.filter(({ name }) => name !== 'day')
  const seen = new Set<number>()
  let [old, added, doubled] = [0, 0, 0]
  for (const file of files) {
    for await (const some of readRows((await store.read(`${path}/${file.path}`))!, stored)) {
      for (const row of some) {
        const id = Number(row['id'])
        if (seen.has(id)) doubled++
        else if (id < NEW_IDS) old++
        else added++
        seen.add(id)
      }
    }
  }
  return { version, files: files.length, old, added, doubled }
}
