import { isUtf8 } from 'node:buffer'
import { compileFunction } from '../../../core/compileFunction.ts'
import type { NextRows } from '../../../core/operator.ts'
import type { AnyProjection } from '../../../core/projection/projection.ts'
import type { Envelope } from '../../../core/record.ts'
import type { RowLayout } from '../../../core/rows/rowLayout.ts'
import type { RowStore } from '../../../core/rows/rowStore.ts'
import type { SchemaNode } from '../../validate/schemaNode.ts'
import { closedBatch, openBatch, type OpenBatch } from './openBatch.ts'
import { writeRowCode, type HelperName, type RowCode } from './rowCode.ts'
import { planRow, type RowPlan } from './rowPlan.ts'
import * as rowLists from './rowLists.ts'
import * as rowTexts from './rowTexts.ts'
import * as rowValues from './rowValues.ts'

/**
 * Reads records that are written as their schema says, without white space or with a space behind every comma
 * and colon, straight into the columns of a projection. False says nothing about the record, only that it must be read another way.
 */
export interface RowReader {
  readonly layout: RowLayout
  /** Fills the row behind the last of the store; whoever wants to keep it pushes it. */
  read(store: RowStore, start: number, end: number, envelope: Envelope): boolean
}

type ReadRow = (store: RowStore, batch: OpenBatch, start: number, end: number) => boolean
type Build = (
  accepts: RowCode['accepts'],
  reads: RowCode['reads'],
  helpers: Readonly<Record<HelperName, unknown>>,
) => ReadRow

/** After so many points, two a record that it could not read, a reader tries the other notation; */
const PATIENCE = 64
/** after both, it is not tried for so many records. */
const PAUSE = 4096

/**
 * Compiles a valibot schema and a projection of its records into a reader.
 *
 * @returns undefined where a part of the schema changes values or isn't known, where a column can't be read
 *   from bytes, and where functions can't be made from text (`--disallow-code-generation-from-strings`)
 */
export function compileRowReader(
  schema: SchemaNode,
  projection: AnyProjection,
): RowReader | undefined {
  const plan = planRow(schema, projection)
  const compact = plan && compileFill(schema, plan, '')
  if (plan === undefined || compact === undefined) return undefined
  const batch = closedBatch()
  const needsOffset = plan.positionSlot !== undefined
  let spaced: ReadRow | undefined
  let fill = compact
  let failures = 0
  let turns = 0
  let pause = 0
  const fail = (): void => {
    failures += 2
    if (failures <= PATIENCE) return
    failures = 0
    spaced ??= compileFill(schema, plan, ' ')!
    fill = fill === compact ? spaced : compact
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
      if (batch.bytes !== store.bytes) openBatch(batch, store.bytes, envelope)
      const { itemCount, extraLength } = store
      if (needsOffset) batch.offset = envelope.offset
      const isText = batch.isText || isUtf8(store.bytes.subarray(start, end))
      if (isText && fill(store, batch, start, end)) {
        if (failures > 0) failures--
        turns = 0
        return true
      }
      store.itemCount = itemCount
      store.extraLength = extraLength
      fail()
      return false
    },
  }
}

function compileFill(schema: SchemaNode, plan: RowPlan, space: '' | ' '): ReadRow | undefined {
  const code = writeRowCode(schema, plan, space)
  const build = code && compileFunction<Build>(['accepts', 'reads', 'helpers'], code.body)
  return build?.(code!.accepts, code!.reads, helpers)
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

const helpers: Readonly<Record<HelperName, unknown>> = { ...rowTexts, ...rowLists, ...rowValues }
