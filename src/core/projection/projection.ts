import type { GenericSchema } from 'valibot'
import type { Column } from '../columns.ts'
import { compileFunction } from '../compileFunction.ts'
import type { Envelope } from '../record.ts'
import { ConfigError } from '../errors.ts'
import { columnsOf } from '../schema.ts'
import { evaluator } from './evaluate.ts'
import { fieldsOf, NODE } from './expression.ts'
import type { Evaluate, Expression, ExpressionNode, Fields } from './expression.ts'

/** How the rows of a table are made of records, as data rather than as a function. */
export interface Projection<In, Out> {
  /** The row of one record, as an object. */
  readonly of: (record: In, envelope: Envelope) => Out
  /** What each column is made of. */
  readonly columns: ReadonlyMap<string, ExpressionNode>
  readonly table: readonly Column[]
}

/** A projection as what compiles it sees it. */
export type AnyProjection = Pick<Projection<never, unknown>, 'columns' | 'table'>

/** An expression for each column of a row. */
export type Columns<Row> = { readonly [Name in keyof Row]-?: Expression<Row[Name]> }

/**
 * Declares how rows are made of records. It reads like a function of a record, and is called once, with
 * fields in the place of values: what it returns says from where each column comes. That is why a decoder can
 * copy the columns from a record's bytes, where a function would need the record as an object first.
 *
 * @param _from - the schema that the records have passed
 * @param to - the schema of the rows
 * @param columns - what `to` has columns for: fields of the record, or what `constant`, `microsOf`, `dayOf`,
 *   `microsOfSeconds`, `dayOfSeconds`, `wholeOf`, `sum`, `joined`, `marked`, `separated`, `first`,
 *   `distinctLower`, `ingestedAt` and `sourcePosition` make of them
 * @throws ConfigError `SBX_SCHEMA_COLUMN` where `to` is no schema of rows, or has no column of a name.
 * @example
 * ```ts
 * const Tweet = v.object({ id: v.string(), created_at: timestampText(), urls: v.array(v.string()) })
 * const Post = v.object({ id: v.string(), createdAt: timestamp(), url: v.nullable(v.string()) })
 * const toPost = projection(Tweet, Post, (tweet) => ({
 *   id: tweet.id,
 *   createdAt: microsOf(tweet.created_at),
 *   url: first(tweet.urls),
 * }))
 * ```
 */
export function projection<In, Out>(
  _from: GenericSchema<unknown, In>,
  to: GenericSchema<unknown, Out>,
  columns: (record: Fields<In>) => Columns<NoInfer<Out>>,
): Projection<In, Out> {
  const table = columnsOf(to)
  const made = columns(fieldsOf<In>()) as Readonly<Record<string, Expression<unknown>>>
  const unknown = Object.keys(made).find((name) => table.every((column) => column.name !== name))
  if (unknown !== undefined) {
    const what = `projection: the rows have no column ${unknown}; name it in their schema`
    throw new ConfigError(what, { code: 'SBX_SCHEMA_COLUMN' })
  }
  // In the table's order, as rows that are read from bytes have their keys.
  const nodes = new Map(
    table.flatMap(({ name }) =>
      Object.hasOwn(made, name) ? [[name, made[name]![NODE]] as const] : [],
    ),
  )
  return Object.freeze({ of: rowMaker<In, Out>(nodes), columns: nodes, table })
}

type Of<In, Out> = (record: In, envelope: Envelope) => Out

/** A function that makes an object literal: V8 gives such objects one shape. */
function rowMaker<In, Out>(nodes: ReadonlyMap<string, ExpressionNode>): Of<In, Out> {
  const evaluates = [...nodes.values()].map(evaluator)
  const names = [...nodes.keys()]
  const values = names.map((name, at) => `${JSON.stringify(name)}: e${at}(record, envelope)`)
  const body = `
    const [${names.map((_, at) => `e${at}`).join(', ')}] = evaluates
    return (record, envelope) => ({ ${values.join(', ')} })`
  type Build = (evaluates: readonly Evaluate[]) => Of<In, Out>
  const build = compileFunction<Build>(['evaluates'], body)
  const loop: Of<In, Out> = (record, envelope) =>
    Object.fromEntries(names.map((name, at) => [name, evaluates[at]!(record, envelope)])) as Out
  return build?.(evaluates) ?? loop
}
