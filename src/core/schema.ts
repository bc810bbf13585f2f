import type { GenericSchema } from 'valibot'
import type { ColumnMetadata } from './columnSchemas.ts'
import type { Column, ColumnType } from './columns.ts'
import { ConfigError } from './errors.ts'

export { date, int32, int64, timestamp } from './columnSchemas.ts'

/** What is read of a valibot schema or action: they are plain objects. */
interface Node {
  readonly kind: 'schema' | 'validation' | 'transformation' | 'metadata'
  readonly type: string
  readonly pipe?: readonly Node[]
  readonly wrapped?: Node
  readonly item?: Node
  readonly entries?: Readonly<Record<string, Node>>
  readonly default?: unknown
  readonly literal?: unknown
  readonly options?: readonly unknown[]
  readonly class?: unknown
  readonly metadata?: Partial<ColumnMetadata>
}

const OBJECTS = ['object', 'loose_object', 'strict_object']
const NULLABLE = ['nullable', 'nullish', 'optional', 'undefinedable', 'exact_optional']
const NOT_NULLABLE = ['non_nullable', 'non_nullish', 'non_optional']
/** Transformations that leave the type as it is. */
const KEEPING = [
  ...['trim', 'trim_start', 'trim_end', 'to_lower_case', 'to_upper_case', 'normalize'],
  ...['to_min_value', 'to_max_value', 'readonly', 'brand', 'flavor'],
]

/**
 * The columns of a table, from the schema of its rows: string → string, number → double, number with
 * `integer()` or `safeInteger()` → int64, bigint → int64, boolean, array of strings → list of strings,
 * instance of Uint8Array → binary; nullable, nullish and optional → nullable. `timestamp()`, `date()`,
 * `int64()` and `int32()` name the types that valibot has no word for, as does `v.metadata({ column })`.
 *
 * @param schema a valibot object schema; of a pipe, what comes out counts
 * @throws ConfigError SBX_SCHEMA_COLUMN for anything else, naming the column
 * @example
 * ```ts
 * columnsOf(v.object({ id: v.string(), likes: v.nullable(int64()), createdAt: timestamp() }))
 * ```
 */
export function columnsOf(schema: GenericSchema): readonly Column[] {
  const { entries } = rootObject(schema)
  const columns = Object.entries(entries).map(([name, node]) => ({ name, ...columnOf(name, node) }))
  if (columns.length > 0) return Object.freeze(columns.map((column) => Object.freeze(column)))
  throw refusal('the schema has no columns')
}

function rootObject(node: Node): { readonly entries: Readonly<Record<string, Node>> } {
  if (node.pipe !== undefined) return rootObject(outcome('row', node.pipe))
  if (OBJECTS.includes(node.type) && node.entries !== undefined) return { entries: node.entries }
  throw refusal(`a table's rows need an object schema, not ${node.type}`)
}

function columnOf(name: string, node: Node): { type: ColumnType; nullable: boolean } {
  if (NULLABLE.includes(node.type) && node.wrapped !== undefined) {
    const { type, nullable } = columnOf(name, node.wrapped)
    // With a default, what was absent comes out as a value.
    const filled = node.default !== undefined && node.default !== null
    return { type, nullable: nullable || !filled }
  }
  if (NOT_NULLABLE.includes(node.type) && node.wrapped !== undefined) {
    return { type: columnOf(name, node.wrapped).type, nullable: false }
  }
  if (node.pipe === undefined) return { type: plainType(name, node), nullable: false }
  const last = outcome(name, node.pipe)
  const named = node.pipe.findLast((item) => item.metadata?.column !== undefined)
  if (named !== undefined) {
    return { type: named.metadata!.column!, nullable: NULLABLE.includes(last.type) }
  }
  const whole = node.pipe.some(({ type }) => type === 'integer' || type === 'safe_integer')
  if (whole && last.type === 'number') return { type: 'int64', nullable: false }
  return columnOf(name, last)
}

/** The schema that says what comes out of a pipe: its last one. */
function outcome(name: string, pipe: readonly Node[]): Node {
  const last = pipe.findLastIndex((item) => item.kind === 'schema')
  const changed = pipe
    .slice(last + 1)
    .find((item) => item.kind === 'transformation' && !KEEPING.includes(item.type))
  if (changed === undefined) return pipe[last]!
  throw refusal(
    `column ${name}: what ${changed.type} makes is unknown; end the pipe with a schema, as in v.pipe(…, v.transform(…), v.string())`,
  )
}

function plainType(name: string, node: Node): ColumnType {
  switch (node.type) {
    case 'string':
      return 'string'
    case 'number':
      return 'double'
    case 'bigint':
      return 'int64'
    case 'boolean':
      return 'boolean'
    case 'literal':
      if (typeof node.literal === 'string') return 'string'
      break
    case 'picklist':
    case 'enum':
      if (node.options?.every((option) => typeof option === 'string')) return 'string'
      break
    case 'array':
      if (node.item !== undefined) {
        const { type, nullable } = columnOf(name, node.item)
        if (type === 'string' && !nullable) return 'list<string>'
      }
      throw refusal(`column ${name}: of arrays, only those of strings can be a column`)
    case 'instance':
      if (node.class === Uint8Array) return 'binary'
      break
    case 'date':
      throw refusal(
        `column ${name}: a Date holds milliseconds and no zone; use timestamp() with microseconds since 1970, or date() with 'YYYY-MM-DD'`,
      )
  }
  throw refusal(
    `column ${name}: ${node.type} has no column type; use string, number, bigint, boolean, an array of strings, instance(Uint8Array), timestamp(), date(), int64() or int32()`,
  )
}

const refusal = (what: string): ConfigError => new ConfigError(what, { code: 'SBX_SCHEMA_COLUMN' })
