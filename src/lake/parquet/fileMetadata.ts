import type { Column } from '../../core/columns.ts'
import { COLUMN_FORMATS } from './columnFormat.ts'
import type { ColumnChunk } from './columnBuffer.ts'
import type { PageSizes } from './page.ts'
import type { Bound } from './valueBuffer.ts'
import { lowerBound, upperBound } from './stringBounds.ts'
import { encodeThrift, thrift, type Thrift } from './thrift.ts'

/** Where a column chunk lies in its file. */
export interface PlacedChunk {
  readonly chunk: ColumnChunk<PageSizes>
  readonly offset: number
}

export interface PlacedRowGroup {
  readonly rows: number
  readonly chunks: readonly PlacedChunk[]
}

const { binary, bool, i32, i64, list, struct } = thrift

const FORMAT_VERSION = 2
/** Readers ask for this shape; the version is that of this writer, raised when its files change. */
const CREATED_BY = 'sluicebox version 1.0.0 (build 1)'
const REQUIRED = 0
const OPTIONAL = 1
const REPEATED = 2
const CONVERTED_LIST = 3
const PLAIN = 0
const RLE = 3
const RLE_DICTIONARY = 8
const ZSTD = 6

/** The footer of a Parquet file, without its length and magic. */
export function fileMetadata(
  columns: readonly Column[],
  groups: readonly PlacedRowGroup[],
): Uint8Array {
  const root = struct({ 4: binary('schema'), 5: i32(columns.length) })
  return encodeThrift(
    struct({
      1: i32(FORMAT_VERSION),
      2: list([root, ...columns.flatMap(schemaElements)]),
      3: i64(groups.reduce((rows, group) => rows + group.rows, 0)),
      4: list(groups.map(rowGroupMetadata)),
      6: binary(CREATED_BY),
      // Every column's statistics are in the order of its type.
      7: list(columns.map(() => struct({ 1: struct({}) }))),
    }),
  )
}

function schemaElements({ name, type, nullable }: Column): Thrift[] {
  const repetition = nullable ? OPTIONAL : REQUIRED
  if (type !== 'list<string>') return [leaf(name, type, repetition)]
  return [
    struct({
      3: i32(repetition),
      4: binary(name),
      5: i32(1),
      6: i32(CONVERTED_LIST),
      10: struct({ 3: struct({}) }),
    }),
    struct({ 3: i32(REPEATED), 4: binary('list'), 5: i32(1) }),
    leaf('element', type, REQUIRED),
  ]
}

function leaf(name: string, type: Column['type'], repetition: number): Thrift {
  const { physical, converted, logical } = COLUMN_FORMATS[type]
  return struct({
    1: i32(physical),
    3: i32(repetition),
    4: binary(name),
    6: converted === undefined ? undefined : i32(converted),
    10: logical,
  })
}

function rowGroupMetadata({ rows, chunks }: PlacedRowGroup): Thrift {
  const sum = (of: (chunk: ColumnChunk<PageSizes>) => number) =>
    chunks.reduce((bytes, { chunk }) => bytes + of(chunk), 0)
  return struct({
    1: list(chunks.map(chunkMetadata)),
    2: i64(sum(rawBytes)),
    3: i64(rows),
    5: i64(chunks[0]?.offset ?? 0),
    6: i64(sum(storedBytes)),
  })
}

function chunkMetadata({ chunk, offset }: PlacedChunk): Thrift {
  const { name, type } = chunk.column
  const path = type === 'list<string>' ? [name, 'list', 'element'] : [name]
  const dictionary = chunk.hasDictionary ? chunk.pages[0] : undefined
  const encodings = dictionary === undefined ? [PLAIN, RLE] : [PLAIN, RLE, RLE_DICTIONARY]
  return struct({
    2: i64(0),
    3: struct({
      1: i32(COLUMN_FORMATS[type].physical),
      2: list(encodings.map((encoding) => i32(encoding))),
      3: list(path.map((part) => binary(part))),
      4: i32(ZSTD),
      5: i64(chunk.values),
      6: i64(rawBytes(chunk)),
      7: i64(storedBytes(chunk)),
      9: i64(offset + (dictionary?.bytes ?? 0)),
      11: dictionary === undefined ? undefined : i64(offset),
      12: type === 'list<string>' ? undefined : statistics(chunk),
    }),
  })
}

export const storedBytes = ({ pages }: ColumnChunk<PageSizes>): number =>
  pages.reduce((bytes, page) => bytes + page.bytes, 0)
const rawBytes = ({ pages }: ColumnChunk<PageSizes>): number =>
  pages.reduce((bytes, page) => bytes + page.rawBytes, 0)

function statistics({ column, nulls, bounds }: ColumnChunk<PageSizes>): Thrift {
  if (bounds === undefined) return struct({ 3: i64(nulls) })
  const min = encodeBound(column, bounds.min, 'min')
  const max = encodeBound(column, bounds.max, 'max')
  return struct({
    3: i64(nulls),
    5: max && binary(max.bytes),
    6: min && binary(min.bytes),
    7: max && bool(max.isExact),
    8: min && bool(min.isExact),
  })
}

function encodeBound(
  { type }: Column,
  bound: Bound,
  side: 'min' | 'max',
): { readonly bytes: Uint8Array; readonly isExact: boolean } | undefined {
  if (bound instanceof Uint8Array) {
    const text = side === 'min' ? lowerBound(bound) : upperBound(bound)
    if (text === undefined) return undefined
    const bytes = Buffer.from(text)
    return { bytes, isExact: bytes.equals(bound) }
  }
  const bytes = Buffer.alloc(type === 'int32' || type === 'date' ? 4 : 8)
  if (typeof bound === 'bigint') bytes.writeBigInt64LE(bound)
  else if (bytes.length === 4) bytes.writeInt32LE(bound)
  // Parquet takes −0 and +0 for equal only if the range holds both.
  else bytes.writeDoubleLE(bound === 0 ? (side === 'min' ? -0 : 0) : bound)
  return { bytes, isExact: true }
}
