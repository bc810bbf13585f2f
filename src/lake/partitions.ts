import type { Column } from '../core/columns.ts'
import { ConfigError, SinkError } from '../core/errors.ts'

/** The value of every partition column as text, null for none: what Hive folders and Delta's log hold. */
export type PartitionValues = Readonly<Record<string, string | null>>

const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__'
const TYPES: readonly string[] = ['string', 'date', 'int32', 'int64', 'boolean']
/** What Hive and Spark escape in folder names. */
// oxlint-disable-next-line no-control-regex
const ESCAPED = /[\u0000-\u001f\u007f"#%'*/:=?\\{}[\]^]/g

/**
 * The columns by which a table is partitioned.
 *
 * @throws ConfigError SBX_PARTITION_COLUMN where one does not exist, stands twice, has a type that is no
 *   folder name, or where no other column is left
 */
export function partitionColumns(
  columns: readonly Column[],
  partitionBy: readonly string[],
): readonly Column[] {
  const found = partitionBy.map((name, index) => {
    const column = columns.find((one) => one.name === name)
    if (column === undefined) {
      throw refusal(`partition column ${name} is not in the schema, which has ${names(columns)}`)
    }
    if (partitionBy.indexOf(name) !== index) throw refusal(`partition column ${name} stands twice`)
    if (TYPES.includes(column.type)) return column
    throw refusal(
      `partition column ${name} is ${column.type}: only ${TYPES.join(', ')} can name a folder`,
    )
  })
  if (found.length < columns.length) return found
  throw refusal('every column is a partition column: the files would hold nothing')
}

/**
 * A partition column's value as text.
 *
 * @throws SinkError SBX_PARTITION_VALUE where the value is not of the column's type, or can't be kept: ''
 *   counts as null in Delta tables and Hive folders
 */
export function partitionText({ name, type, nullable }: Column, value: unknown): string | null {
  if (value === null || value === undefined || value === '') {
    if (nullable) return null
    const what = value === '' ? "is '', which is the same as null in a folder name" : `is ${value}`
    throw misfit(`partition column ${name} ${what}, and the column is not nullable`)
  }
  const isFit =
    type === 'string'
      ? typeof value === 'string' && value.isWellFormed()
      : type === 'date'
        ? typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)
        : type === 'boolean'
          ? typeof value === 'boolean'
          : Number.isSafeInteger(value) || (type === 'int64' && typeof value === 'bigint')
  if (isFit) return String(value)
  throw misfit(`partition column ${name} is ${type}, and ${String(value).slice(0, 60)} is not`)
}

/** `platform=twitter/date=2024-06-10`, escaped as Hive and Spark do; '' where there are no partitions. */
export const partitionFolder = (values: PartitionValues): string =>
  Object.entries(values)
    .map(([name, text]) => `${escapeName(name)}=${text === null ? NULL_FOLDER : escapeName(text)}`)
    .join('/')

const escapeName = (text: string): string =>
  text.replace(ESCAPED, (character) => {
    const hex = character.charCodeAt(0).toString(16).toUpperCase()
    return `%${hex.padStart(2, '0')}`
  })

const names = (columns: readonly Column[]): string => columns.map(({ name }) => name).join(', ')
const refusal = (what: string): ConfigError =>
  new ConfigError(what, { code: 'SBX_PARTITION_COLUMN' })
const misfit = (what: string): SinkError =>
  new SinkError(`a row does not fit the table: ${what}`, { code: 'SBX_PARTITION_VALUE' })
