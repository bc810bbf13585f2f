import { isDeepStrictEqual } from 'node:util'
import type { CheckedTable, Figure, Figures } from '../../core/figures.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { identifier } from '../../core/sqlText.ts'
import { addedSql, keyOf, wholeSql } from './figureSql.ts'
import type { FigureSql } from './figureSql.ts'

/** What a version keeps of its tables: with their stamps, the figures that a later build can go on from. */
export type KeptFigures = Readonly<
  Record<string, { readonly stamp: Json; readonly values: Readonly<Record<string, Json>> }>
>

export interface FigureBookOptions {
  readonly query: (sql: string) => Promise<readonly JsonObject[]>
  /** @defaultValue what the database has under that name */
  readonly model?: (name: string) => CheckedTable
  /** Of the version before. @defaultValue none */
  readonly kept?: KeptFigures | undefined
}

/** Figures of one build, with what is to be kept of them. */
export interface FigureBook extends Figures {
  keep(): KeptFigures
  /** The same book for one who asks before the models are made, through another connection: it knows none of them. */
  beforehand(query: FigureBookOptions['query']): Figures
}

/** What a database has under a name; one with dots is a name in a schema: `main.orders` is `"main"."orders"`. */
export const tableByName = (name: string): CheckedTable => ({
  ...{ id: name, relation: name.split('.').map(identifier).join('.') },
})

interface Part {
  readonly figure: Figure
  readonly sql: FigureSql
  /** The kept figure, where the SQL is of the added rows. */
  readonly before?: Json
  /** Where to look next if this doesn't say it. */
  readonly next?: Part
}

interface Entry {
  readonly table: CheckedTable
  readonly key: string
  readonly value: Json
  readonly isKept: boolean
}

/**
 * Computes figures, each once.
 *
 * What was kept is taken for granted only of a table that names its added rows, and is never a reason to fail: where the added
 * rows do not prove that nothing repeats or is orphaned, the whole table is looked at, as it would have been without.
 */
export function figureBook({
  query,
  model = tableByName,
  kept = {},
}: FigureBookOptions): FigureBook {
  const known = new Map<string, Entry>()
  const nameOf = (figure: Figure): string => `${figure.table.relation}\0${keyOf(figure)}`
  const before = (figure: Figure): Json | undefined =>
    figure.table.added === undefined || !canCarry(figure)
      ? undefined
      : kept[figure.table.id]?.values[keyOf(figure)]
  const remember = (figure: Figure, value: Json): void => {
    const key = keyOf(figure)
    const entry = { table: figure.table, key, value, isKept: isKept(figure, value) }
    known.set(nameOf(figure), entry)
  }

  const whole = (figure: Figure): Part => ({ figure, sql: wholeSql(figure) })
  /** What new rows point to has mostly come with them. */
  const cheapest = (figure: Figure): Part => {
    const value = before(figure)
    if (value === undefined) return whole(figure)
    const added = figure.table.added!
    const own = { figure, before: value, next: whole(figure), sql: addedSql(figure, added) }
    const near = figure.kind === 'orphans' ? figure.other.added : undefined
    return near === undefined ? own : { ...own, sql: addedSql(figure, added, near), next: own }
  }

  /** What was kept is no reason to fail: where added rows can't be asked, everything is. */
  const asked = async (query: FigureBookOptions['query'], parts: readonly Part[]) => {
    try {
      return { parts, found: await ask(query, parts) }
    } catch (error) {
      if (parts.every(({ before }) => before === undefined)) throw error
      const all = parts.map(({ figure }) => whole(figure))
      return { parts: all, found: await ask(query, all) }
    }
  }

  const computeBy =
    (query: FigureBookOptions['query']): Figures['compute'] =>
    async (figures) => {
      const wanted = new Map(figures.map((figure) => [nameOf(figure), figure]))
      const unknown = [...wanted].filter(([name]) => !known.has(name))
      let open = unknown.map(([, figure]) => cheapest(figure))
      while (open.length > 0) {
        const { parts, found } = await asked(query, open)
        open = []
        for (const [index, { figure, before, next }] of parts.entries()) {
          const values = found[index]!
          const value = before === undefined ? values[0]! : carried(figure, before, values)
          if (value !== undefined) remember(figure, value)
          else if (next !== undefined) open.push(next)
        }
      }
      return figures.map((figure) => known.get(nameOf(figure))!.value)
    }
  const stampOf: Figures['stampOf'] = (id) => kept[id]?.stamp
  const notYet: Figures['model'] = (name) => {
    throw new Error(`the model ${name} is not made yet`)
  }

  return {
    model,
    stampOf,
    compute: computeBy(query),
    beforehand: (query) => ({ model: notYet, stampOf, compute: computeBy(query) }),

    keep: () => {
      const all: Record<string, { stamp: Json; values: Record<string, Json> }> = {}
      for (const { table, key, value, isKept } of known.values()) {
        if (table.stamp === undefined || !isKept) continue
        const own = all[table.id]
        // Of a table that has moved on in between, only the figures of its last state go together.
        if (own !== undefined && isDeepStrictEqual(own.stamp, table.stamp)) own.values[key] = value
        else all[table.id] = { stamp: table.stamp, values: { [key]: value } }
      }
      return all
    },
  }
}

/** Whether a figure of the whole can be made of what was kept and what was added. */
function canCarry(figure: Figure): boolean {
  switch (figure.kind) {
    case 'aggregate':
      return figure.merge !== undefined
    case 'repeats':
      return figure.rows === undefined
    case 'orphans':
      return figure.rows === undefined && lostNothing(figure.other, figure.otherColumn)
    case 'found':
      return figure.isPerRow
  }
}

/** A table that may have lost rows may have lost what others point to. */
const lostNothing = ({ added, keeps = [] }: CheckedTable, column: string): boolean =>
  added !== undefined || keeps.includes(column)

/** Repeats and orphans are carried on where there are none; more is never published anyway. */
function isKept(figure: Figure, value: Json): boolean {
  switch (figure.kind) {
    case 'aggregate':
      return figure.merge !== undefined
    case 'repeats':
    case 'orphans':
      return figure.rows === undefined && Number(value) === 0
    case 'found':
      return figure.isPerRow
  }
}

/** Undefined where the added rows alone don't say it. */
function carried(figure: Figure, before: Json, added: readonly Json[]): Json | undefined {
  const [first = null, second = null, third = null] = added
  switch (figure.kind) {
    case 'aggregate':
      if (figure.merge === 'sum') return Number(before) + Number(first)
      if (before === null || first === null) return before ?? first
      return Math.max(Number(before), Number(first))
    case 'repeats':
      return Number(first) === 0 && Number(second) === Number(third) ? 0 : undefined
    case 'orphans':
      return Number(first) === Number(second) ? 0 : undefined
    case 'found':
      return Number(before) + Number(first)
  }
}

/** Asks for everything by one statement: one scan a relation for all its aggregates. */
async function ask(
  query: FigureBookOptions['query'],
  parts: readonly { readonly sql: FigureSql }[],
): Promise<readonly (readonly Json[])[]> {
  const scans = new Map<string, string[]>()
  const scalars: string[] = []
  let columns = 0
  const places = parts.map(({ sql }) => {
    const own: string[] = []
    for (const { relation, sql: aggregate } of sql.aggregates) {
      const name = `f${columns++}`
      const list = scans.get(relation) ?? []
      scans.set(relation, [...list, `${aggregate} as ${name}`])
      own.push(name)
    }
    for (const scalar of sql.scalars) {
      const name = `f${columns++}`
      scalars.push(`(${scalar}) as ${name}`)
      own.push(name)
    }
    return own
  })
  if (columns === 0) return parts.map(() => [])
  const [row = {}] = await query(statement(scans, scalars))
  return places.map((own) => own.map((name) => row[name] ?? null))
}

function statement(
  scans: ReadonlyMap<string, readonly string[]>,
  scalars: readonly string[],
): string {
  const ctes = [...scans].map(
    ([relation, figures], index) =>
      `scan${index} as (select ${figures.join(',\n  ')}\n  from ${relation} as tested)`,
  )
  if (ctes.length === 0) return `select ${scalars.join(',\n  ')}`
  const from = ctes.map((_, index) => `scan${index}`).join(', ')
  return `with ${ctes.join(',\n')}\nselect ${['*', ...scalars].join(',\n  ')}\nfrom ${from}`
}
