import type { Envelope } from '../record.ts'

/** Where a field stands in a record. */
export type Path = readonly string[]

/** What an expression does, as data: so that it can be compiled for bytes as well as for objects. */
export type ExpressionNode =
  | { readonly op: 'field' | 'micros' | 'day' | 'first' | 'distinctLower'; readonly of: Path }
  | { readonly op: 'sum'; readonly of: Path; readonly and: Path }
  | { readonly op: 'constant'; readonly value: string | number | boolean | null }
  | { readonly op: 'ingestedAt' | 'sourcePosition' }

export const NODE: unique symbol = Symbol('node')
declare const VALUE: unique symbol

/** Says how a column is made of a record; `Value` is what it will be. */
export interface Expression<Value> {
  readonly [NODE]: ExpressionNode
  readonly [VALUE]?: () => Value
}

/** The fields of a record as expressions, those of nested objects below them. */
export type Fields<Record> = Expression<Record> &
  (Record extends readonly unknown[] | string | number | bigint | boolean | null | undefined
    ? unknown
    : { readonly [Key in keyof Record]-?: Fields<Record[Key]> })

type Text = string | null
type Whole = number | bigint | null

const made = <Value>(node: ExpressionNode): Expression<Value> =>
  Object.freeze({ [NODE]: Object.freeze(node) })

/** The place of a field. */
function pathOf(field: Expression<unknown>, what: string): Path {
  const node = field[NODE]
  if (node.op === 'field') return node.of
  throw new TypeError(`${what} takes a field of the record`)
}

/** The same value in every row. */
export const constant = <const Value extends string | number | boolean | null>(value: Value) =>
  made<Value>({ op: 'constant', value })

/** Microseconds since 1970 UTC of a time that `timestampText()` accepts. */
export const microsOf = (time: Expression<string>) =>
  made<number | bigint>({ op: 'micros', of: pathOf(time, 'microsOf') })

/** The UTC day, `YYYY-MM-DD`, of a time that `timestampText()` accepts. */
export const dayOf = (time: Expression<string>) =>
  made<string>({ op: 'day', of: pathOf(time, 'dayOf') })

/** The sum of two whole numbers; of what is known, where one is null. */
export const sum = <Value extends Whole>(a: Expression<Value>, b: Expression<Value>) =>
  made<number | bigint | (null & Value)>({ op: 'sum', of: pathOf(a, 'sum'), and: pathOf(b, 'sum') })

/** The first text of a list, null where it is empty. */
export const first = (list: Expression<readonly string[]>) =>
  made<Text>({ op: 'first', of: pathOf(list, 'first') })

/** The texts of a list in lower case, each once, in order of first appearance. */
export const distinctLower = (list: Expression<readonly string[]>) =>
  made<string[]>({ op: 'distinctLower', of: pathOf(list, 'distinctLower') })

/** When the record was read, µs since 1970 UTC. */
export const ingestedAt = made<number>({ op: 'ingestedAt' })

/** From where the record was read: `<source>:<offset>`. */
export const sourcePosition = made<string>({ op: 'sourcePosition' })

/** Fields that know where they stand: whatever is asked of them is a field below. */
export function fieldsOf<Record>(path: Path = []): Fields<Record> {
  const node: ExpressionNode = Object.freeze({ op: 'field', of: path })
  return new Proxy(Object.freeze({ [NODE]: node }), {
    get: (_, key) =>
      key === NODE ? node : typeof key === 'string' ? fieldsOf([...path, key]) : undefined,
  }) as unknown as Fields<Record>
}

/** Makes the value of a column from a record that is an object. */
export type Evaluate = (record: unknown, envelope: Envelope) => unknown
