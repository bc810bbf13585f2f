import type { ColumnType } from '../../core/columns.ts'
import { thrift, type Thrift } from './thrift.ts'

/** How Parquet stores a column type: physical type, and what readers are told that it means. */
export interface ColumnFormat {
  readonly physical: number
  /** The older notation of the same meaning, for older readers. */
  readonly converted?: number
  readonly logical?: Thrift
}

const { bool, struct } = thrift
const NOTHING = struct({})

const BOOLEAN = 0
const INT32 = 1
const INT64 = 2
const DOUBLE = 5
const BYTE_ARRAY = 6

/** The items of a `list<string>` are stored as a column of strings. */
export const COLUMN_FORMATS: Readonly<Record<ColumnType, ColumnFormat>> = Object.freeze({
  string: { physical: BYTE_ARRAY, converted: 0, logical: struct({ 1: NOTHING }) },
  'list<string>': { physical: BYTE_ARRAY, converted: 0, logical: struct({ 1: NOTHING }) },
  binary: { physical: BYTE_ARRAY },
  boolean: { physical: BOOLEAN },
  double: { physical: DOUBLE },
  int32: { physical: INT32 },
  int64: { physical: INT64 },
  date: { physical: INT32, converted: 6, logical: struct({ 6: NOTHING }) },
  timestamp: {
    physical: INT64,
    converted: 10,
    logical: struct({ 8: struct({ 1: bool(true), 2: struct({ 2: NOTHING }) }) }),
  },
})
