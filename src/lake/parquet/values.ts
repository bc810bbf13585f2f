import type { ColumnType } from '../../core/columns.ts'
import { booleanValues } from './booleanValues.ts'
import { binaryValues, stringValues } from './byteValues.ts'
import type { Values } from './valueBuffer.ts'
import { dateValues, doubleValues, int32Values, int64Values } from './fixedValues.ts'

const FACTORIES: Readonly<Record<ColumnType, () => Values>> = {
  string: stringValues,
  'list<string>': stringValues,
  binary: binaryValues,
  boolean: booleanValues,
  double: doubleValues,
  int32: int32Values,
  int64: int64Values,
  date: dateValues,
  timestamp: int64Values,
}

/** An empty buffer for the values of a column type; of a list, for its items. */
export const valuesOf = (type: ColumnType): Values => FACTORIES[type]()
