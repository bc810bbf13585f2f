import type { Column, ColumnType } from '../../core/columns.ts'

interface Field {
  readonly name: string
  readonly type: unknown
  readonly nullable: boolean
  readonly metadata?: Readonly<Record<string, unknown>>
}

const LIST = { type: 'array', elementType: 'string', containsNull: false }
const TYPES: Readonly<Record<ColumnType, unknown>> = {
  string: 'string',
  int32: 'integer',
  int64: 'long',
  double: 'double',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
  binary: 'binary',
  'list<string>': LIST,
}

/** Columns in Delta's notation: the `schemaString` of its metadata. */
export function deltaSchema(columns: readonly Column[]): string {
  const fields = columns.map(({ name, type, nullable }) => ({
    name,
    type: TYPES[type],
    nullable,
    metadata: {},
  }))
  return JSON.stringify({ type: 'struct', fields })
}

/** Columns from Delta's notation; those of other types are named in `unknown`. */
export function deltaColumns(schemaString: string): {
  readonly columns: readonly Column[]
  readonly unknown: readonly string[]
} {
  const { fields } = JSON.parse(schemaString) as { readonly fields: readonly Field[] }
  const columns: Column[] = []
  const unknown: string[] = []
  for (const { name, type, nullable } of fields) {
    const found = Object.entries(TYPES).find(([, notation]) => isSameType(notation, type))
    if (found === undefined) unknown.push(`${name} ${JSON.stringify(type)}`)
    else columns.push({ name, type: found[0] as ColumnType, nullable })
  }
  return { columns, unknown }
}

/** Names of columns with invariants, which a writer would have to check. */
export function columnsWithInvariants(schemaString: string): readonly string[] {
  const { fields } = JSON.parse(schemaString) as { readonly fields: readonly Field[] }
  return fields
    .filter(({ metadata }) => metadata?.['delta.invariants'] !== undefined)
    .map(({ name }) => name)
}

/**
 * What stands between a table and the rows that are to be added: undefined if each column of the rows is
 * in the table with its type, and each of the table's is in the rows or nullable.
 */
export function schemaConflict(
  schemaString: string,
  columns: readonly Column[],
): string | undefined {
  const { fields } = JSON.parse(schemaString) as { readonly fields: readonly Field[] }
  for (const { name, type, nullable } of columns) {
    const field = fields.find((one) => one.name === name)
    if (field === undefined) return `the table has no column ${name}`
    if (!isSameType(TYPES[type], field.type)) {
      return `column ${name} is ${JSON.stringify(field.type)} in the table and ${type} in the schema`
    }
    if (nullable && !field.nullable) return `column ${name} is not nullable in the table`
  }
  const absent = fields.find(
    ({ name, nullable }) => !nullable && !columns.some((column) => column.name === name),
  )
  return absent && `the table's column ${absent.name} is not nullable and not in the schema`
}

function isSameType(notation: unknown, type: unknown): boolean {
  if (typeof notation === 'string' || typeof type === 'string') return notation === type
  const list = type as Partial<typeof LIST> | null
  return list?.type === LIST.type && list.elementType === LIST.elementType
}
