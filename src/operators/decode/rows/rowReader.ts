import { isUtf8 } from 'node:buffer'
import type { FramedBatch } from '../../../core/framedBatch.ts'
import type { NextRows, OnBatch } from '../../../core/operator.ts'
import type { AnyProjection } from '../../../core/projection/projection.ts'
import type { RowLayout } from '../../../core/rows/rowLayout.ts'
import { hasRowModule, type RowHost } from '../../../core/rows/rowModule.ts'
import type { RowStore } from '../../../core/rows/rowStore.ts'
import { StoredRows } from '../../../core/rows/storedRows.ts'
import type { SchemaNode } from '../../validate/schemaNode.ts'
import { planRow } from './rowPlan.ts'
import { rowHost } from './rowHost.ts'
import { isCsvSchema, writeCsvProgram } from './csvProgram.ts'
import { writeJsonProgram } from './jsonProgram.ts'
import type { RowProgram } from './rowProgram.ts'

/**
 * Reads records that are written as their schema says, straight into the columns of a projection: JSON without white
 * space or with a space behind every comma and colon, or CSV under a header. Where it stops, that says nothing about
 * the record, only that it must be read another way.
 */
export interface RowReader {
  readonly layout: RowLayout
  /** Reads records of a batch, from number `from` on, into the rows behind the last of the store: how many. */
  read(store: RowStore, batch: FramedBatch, from: number): number
}

/** After so many points, two a record that it could not read, a reader tries the next notation; */
const PATIENCE = 64
/** after all of them, it is not tried for so many records. */
const PAUSE = 4096

/**
 * Compiles a valibot schema and a projection of its records, which are JSON, into a reader.
 *
 * @returns undefined where a part of the schema changes values or isn't known, where a column can't be read
 *   from bytes, and where there is no WebAssembly (`--jitless`)
 */
export function compileRowReader(
  schema: SchemaNode,
  projection: AnyProjection,
): RowReader | undefined {
  const plan = hasRowModule() ? planRow(schema, projection) : undefined
  const compact = plan && writeJsonProgram(schema, plan, '')
  if (plan === undefined || compact === undefined) return undefined
  let spaced: RowProgram | undefined
  return rowReader(plan.layout, 2, (notation) =>
    notation === 0 ? compact : (spaced ??= writeJsonProgram(schema, plan, ' ')!),
  )
}

/** So many headers are remembered. */
const MOST_HEADERS = 64

/** The same for records that are CSV: each header has a reader of its own, which judges the files that have it. */
export function compileCsvRowReader(
  schema: SchemaNode,
  projection: AnyProjection,
): RowReader | undefined {
  const plan = hasRowModule() && isCsvSchema(schema) ? planRow(schema, projection) : undefined
  if (plan === undefined) return undefined
  const { layout } = plan
  const readers = new Map<string, RowReader | undefined>()
  const readerFor = (header: readonly string[]): RowReader | undefined => {
    const key = JSON.stringify(header)
    if (!readers.has(key)) {
      if (readers.size === MOST_HEADERS) readers.clear()
      const program = writeCsvProgram(schema, plan, header)
      readers.set(key, program && rowReader(layout, 1, () => program))
    }
    return readers.get(key)
  }
  let last: { readonly header: readonly string[]; readonly reader: RowReader | undefined }
  last = { header: [], reader: undefined }
  return {
    layout,
    read(store, framed, from) {
      const { header = [] } = framed.batch
      if (header !== last.header) last = { header, reader: readerFor(header) }
      return last.reader?.read(store, framed, from) ?? 0
    },
  }
}

/**
 * @param notations - how many ways of writing a record are known
 * @param programOf - reads the records that are written in one of them
 */
function rowReader(
  layout: RowLayout,
  notations: number,
  programOf: (notation: number) => RowProgram,
): RowReader {
  let notation = 0
  let failures = 0
  let turns = 0
  let pause = 0
  /** Of the batch whose records are read. */
  let bytes: Buffer | undefined
  /** Up to this record all are UTF-8. */
  let textTo = 0
  let host: RowHost | undefined
  /** False where there is no memory for the batch, or no WebAssembly of this kind. */
  const open = (store: RowStore, framed: FramedBatch, program: RowProgram): boolean => {
    try {
      store.bring(framed, Buffer.from(`${framed.batch.source}:`))
    } catch {
      pause = PAUSE
      return false
    }
    bytes = store.bytes
    textTo = isText(framed) ? framed.bounds.length / 2 : 0
    host = rowHost(store, program)
    store.host = host
    return true
  }
  const fail = (): void => {
    failures += 2
    if (failures <= PATIENCE) return
    failures = 0
    notation = (notation + 1) % notations
    // None of the notations is theirs.
    if (++turns % notations === 0) pause = PAUSE
  }
  return {
    layout,
    read(store, framed, from) {
      if (from === framed.bounds.length / 2) return 0
      if (pause > 0) {
        pause--
        return 0
      }
      const program = programOf(notation)
      if ((bytes !== store.bytes || store.host !== host) && !open(store, framed, program)) return 0
      if (from >= textTo) textTo = behindText(framed, from)
      const read = store.read(program.words, from, textTo)
      if (read > 0) {
        failures = Math.max(0, failures - read)
        turns = 0
      }
      if (from + read < textTo || read === 0) fail()
      return read
    },
  }
}

/** Reads into the rows of the projection that follows, where all behind it takes such rows. */
export function rowsFor(
  schema: unknown,
  shape: string,
  next: NextRows | undefined,
  compile = compileRowReader,
): OnBatch | undefined {
  const projection = next?.projectionOf(shape)
  if (projection === undefined) return undefined
  const reader = compile(schema as SchemaNode, projection)
  if (reader === undefined || !next!.takes(reader.layout)) return undefined
  let run: StoredRows | undefined
  return (framed, from) => {
    const store = next!.store(reader.layout)
    const first = store.count
    const read = reader.read(store, framed, from)
    if (read === 0) return 0
    run ??= new StoredRows(store)
    run.open(store, read)
    for (let i = 0; i < read; i++) run.push(first + i, from + i)
    next!.pass(run)
    return read
  }
}

/** Whether all bytes are UTF-8, and no character of it belongs to two records. */
function isText({ bytes, bounds, batch }: FramedBatch): boolean {
  if (!isUtf8(bytes)) return false
  return batch.framing !== 'bounds' || bounds.every((at) => (bytes[at]! & 0xc0) !== 0x80)
}

/** The first record from number `from` on that is not UTF-8. */
function behindText({ bytes, bounds }: FramedBatch, from: number): number {
  let at = from
  while (at < bounds.length / 2 && isUtf8(bytes.subarray(bounds[at * 2], bounds[at * 2 + 1]))) at++
  return at
}
