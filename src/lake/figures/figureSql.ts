import { createHash } from 'node:crypto'
import type { Figure, Orphans, Repeats } from '../../core/figures.ts'
import { identifier } from '../../core/sqlText.ts'

/** SQL of figures: aggregates over one relation each, which share its scan, and scalar queries beside them. */
export interface FigureSql {
  readonly aggregates: readonly { readonly relation: string; readonly sql: string }[]
  readonly scalars: readonly string[]
}

const NOTHING = { aggregates: [], scalars: [] } as const

/** What names a figure of a table from build to build. */
export function keyOf(figure: Figure): string {
  return createHash('md5')
    .update(JSON.stringify(partsOf(figure)))
    .digest('hex')
    .slice(0, 20)
}

function partsOf(figure: Figure): readonly unknown[] {
  switch (figure.kind) {
    case 'aggregate':
      return [figure.sql]
    case 'repeats':
      return ['repeats', figure.columns, figure.rows]
    case 'orphans':
      return ['orphans', figure.column, figure.other.id, figure.otherColumn, figure.rows]
    case 'found':
      return ['found', figure.query('{batch}')]
  }
}

/** The figure over all of its table. */
export function wholeSql(figure: Figure): FigureSql {
  const { relation } = figure.table
  switch (figure.kind) {
    case 'aggregate':
      return { ...NOTHING, aggregates: [{ relation, sql: figure.sql }] }
    case 'repeats':
      return { ...NOTHING, aggregates: [{ relation, sql: repeats(figure) }] }
    case 'orphans':
      return { ...NOTHING, scalars: [orphans(figure)] }
    case 'found':
      return { ...NOTHING, scalars: [found(figure.query(relation))] }
  }
}

/**
 * What has to be known of the rows that were added. Repeats: those among them, how many of them count, and how
 * many rows of the table have their values. Orphans: their different values, and those that the other table has.
 *
 * @param other where the values of orphans are looked for. @defaultValue the whole other table
 */
export function addedSql(figure: Figure, added: string, other?: string): FigureSql {
  switch (figure.kind) {
    case 'aggregate':
      return { ...NOTHING, aggregates: [{ relation: added, sql: figure.sql }] }
    case 'repeats': {
      const tested = isTested(figure.columns)
      const value = valueOf(figure.columns)
      const those = `select ${value} from ${added} where ${tested}`
      return {
        aggregates: [
          { relation: added, sql: repeats(figure) },
          { relation: added, sql: `count(*) filter (where ${tested})` },
        ],
        scalars: [
          `select count(*) from ${figure.table.relation} where ${tested} and ${value} in (${those})`,
        ],
      }
    }
    case 'orphans': {
      const [own, its] = [identifier(figure.column), identifier(figure.otherColumn)]
      const those = `select ${own} from ${added} where ${own} is not null`
      return {
        aggregates: [{ relation: added, sql: `count(distinct ${own})` }],
        scalars: [
          `select count(distinct ${its}) from ${other ?? figure.other.relation} where ${its} in (${those})`,
        ],
      }
    }
    case 'found':
      return { ...NOTHING, scalars: [found(figure.query(added))] }
  }
}

/** One value is compared as it is, several by a hash of them. */
const valueOf = (columns: readonly string[]): string => {
  const [only = '', second] = columns.map(identifier)
  return second === undefined ? only : hashOf(columns)
}
const hashOf = (columns: readonly string[]): string => `hash(${columns.map(identifier).join(', ')})`

const isTested = (columns: readonly string[]): string =>
  `(${columns.map((column) => `${identifier(column)} is not null`).join(' or ')})`

function repeats({ columns, rows }: Repeats): string {
  const tested = rows === undefined ? isTested(columns) : `${rows} and ${isTested(columns)}`
  const filter = `filter (where ${tested})`
  return `count(*) ${filter} - count(distinct ${hashOf(columns)}) ${filter}`
}

/** The rows of which a figure is the number. */
export function orphanRows({ table, column, other, otherColumn, rows = 'true' }: Orphans): string {
  const [own, its] = [identifier(column), identifier(otherColumn)]
  return `select * from ${table.relation} as tested where ${rows} and ${own} is not null and ${own} not in (select ${its} from ${other.relation} as other where ${its} is not null)`
}

const orphans = (figure: Orphans): string =>
  `select count(*) from (${orphanRows(figure)}) as orphans`

const found = (query: string): string => `select count(*) from (${query}\n) as unexpected`
