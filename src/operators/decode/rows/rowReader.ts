import { isUtf8 } from 'node:buffer'
import type { NextRows } from '../../../core/operator.ts'
import type { AnyProjection } from '../../../core/projection/projection.ts'
import type { Envelope } from '../../../core/record.ts'
import type { RowLayout } from '../../../core/rows/rowLayout.ts'
import { hasRowModule, type RowHost } from '../../../core/rows/rowModule.ts'
import type { RowStore } from '../../../core/rows/rowStore.ts'
import type { SchemaNode } from '../../validate/schemaNode.ts'
import { planRow } from './rowPlan.ts'
import { rowHost } from './rowHost.ts'
import { writeRowProgram, type RowProgram } from './rowProgram.ts'

/**
 * Reads records that are written as their schema says, without white space or with a space behind every comma
 * and colon, straight into the columns of a projection. False says nothing about the record, only that it must be read another way.
 */
export interface RowReader {
  readonly layout: RowLayout
  /** Fills the row behind the last of the store; whoever wants to keep it pushes it. */
  read(store: RowStore, start: number, end: number, envelope: Envelope): boolean
}

/** After so many points, two a record that it could not read, a reader tries the other notation; */
const PATIENCE = 64
/** after both, it is not tried for so many records. */
const PAUSE = 4096

/**
 * Compiles a valibot schema and a projection of its records into a reader.
 *
 * @returns undefined where a part of the schema changes values or isn't known, where a column can't be read
 *   from bytes, and where there is no WebAssembly (`--jitless`)
 */
export function compileRowReader(
  schema: SchemaNode,
  projection: AnyProjection,
): RowReader | undefined {
  const plan = hasRowModule() ? planRow(schema, projection) : undefined
  const compact = plan && writeRowProgram(schema, plan, '')
  if (plan === undefined || compact === undefined) return undefined
  let spaced: RowProgram | undefined
  let program = compact
  let failures = 0
  let turns = 0
  let pause = 0
  /** Of the batch whose records are read. */
  let bytes: Buffer | undefined
  let isText = false
  let host: RowHost | undefined
  /** False where there is no memory for the batch, or no WebAssembly of this kind. */
  const open = (store: RowStore, { ingestedAtMs, source }: Envelope): boolean => {
    try {
      store.bring(ingestedAtMs * 1000, Buffer.from(`${source}:`))
    } catch {
      pause = PAUSE
      return false
    }
    bytes = store.bytes
    isText = isUtf8(bytes)
    host = rowHost(store, compact)
    store.host = host
    return true
  }
  const fail = (): void => {
    failures += 2
    if (failures <= PATIENCE) return
    failures = 0
    spaced ??= writeRowProgram(schema, plan, ' ')!
    program = program === compact ? spaced : compact
    // Neither notation is theirs.
    if (++turns % 2 === 0) pause = PAUSE
  }
  return {
    layout: plan.layout,
    read(store, start, end, envelope) {
      if (pause > 0) {
        pause--
        return false
      }
      if ((bytes !== store.bytes || store.host !== host) && !open(store, envelope)) return false
      const isReadable = isText || isUtf8(bytes!.subarray(start, end))
      if (isReadable && store.read(program.words, start, end, envelope.offset)) {
        if (failures > 0) failures--
        turns = 0
        return true
      }
      fail()
      return false
    },
  }
}

/** The reader into the rows of the projection that follows, where all behind it takes such rows. */
export function rowReaderOf(
  schema: unknown,
  shape: string,
  next: NextRows | undefined,
): RowReader | undefined {
  const projection = next?.projectionOf(shape)
  if (projection === undefined) return undefined
  const reader = compileRowReader(schema as SchemaNode, projection)
  return reader !== undefined && next!.takes(reader.layout) ? reader : undefined
}
