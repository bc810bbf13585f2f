import type { Json } from './json.ts'

/** A table as the checks of a build see it. */
export interface CheckedTable {
  /** What it is called in every version: the name of a model, the path of a table in the lake. */
  readonly id: string
  /** SQL that can stand behind `from`. */
  readonly relation: string
  /**
   * What its figures are kept with, by which a later build knows whether they hold. Undefined where none are
   * kept.
   */
  readonly stamp?: Json | undefined
  /**
   * What it has beside the rows that its kept figures are of, as SQL that can stand behind `from`; undefined
   * where anything else may be different too.
   */
  readonly added?: string | undefined
  /** Columns of which it has every value that it had then, whatever else is different. @defaultValue none */
  readonly keeps?: readonly string[] | undefined
}

/** Something that checks need to know of tables. */
export type Figure = Aggregate | Repeats | Orphans | Found

/** An aggregate over one table. */
export interface Aggregate {
  readonly kind: 'aggregate'
  readonly table: CheckedTable
  readonly sql: string
  /** How figures of parts make that of the whole; undefined where they don't. */
  readonly merge?: 'sum' | 'max' | undefined
}

/**
 * How many rows there are more than different values of some columns, where one of these is not null.
 * Hashes are compared: 0 is certain, more is not.
 */
export interface Repeats {
  readonly kind: 'repeats'
  readonly table: CheckedTable
  readonly columns: readonly string[]
  /** Which rows count. @defaultValue all */
  readonly rows?: string | undefined
}

/** How many rows have a value that a column of another table lacks. */
export interface Orphans {
  readonly kind: 'orphans'
  readonly table: CheckedTable
  readonly column: string
  readonly other: CheckedTable
  readonly otherColumn: string
  /** Which rows count. @defaultValue all */
  readonly rows?: string | undefined
}

/** How many rows a query has. */
export interface Found {
  readonly kind: 'found'
  readonly table: CheckedTable
  /** A whole query over what stands behind its `from`. */
  readonly query: (relation: string) => string
  /** Whether each row that it has comes of one row of the table alone. */
  readonly isPerRow: boolean
}

/**
 * The figures of one build. Each is computed once, whoever asks for it; of a table that rows were only
 * added to, those of the version before are carried on by the figures of what was added.
 */
export interface Figures {
  /** A model by its name. */
  model(name: string): CheckedTable
  /** What the kept figures of a table rest on; undefined where none are kept. */
  stampOf(id: string): Json | undefined
  /** In the order asked for; all of them by one statement, and another where something has to be looked at whole. */
  compute(figures: readonly Figure[]): Promise<readonly Json[]>
}
