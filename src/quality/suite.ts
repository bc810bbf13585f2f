import { ConfigError } from '../core/errors.ts'
import type { Expectation, Severity } from './expectation.ts'

/** Files of raw records in a lake: of Bronze, the newest ones are looked at. */
export interface RawTable {
  /** Folder in the lake: `bronze/twitter`. */
  readonly path: string
  /** `ndjson`: one JSON object a line; `csv`: with a header. */
  readonly format: 'ndjson' | 'csv'
  /** The fields to read, as text. Other fields are left out, absent ones are null. */
  readonly fields: readonly string[]
  /** At most so many bytes of the newest files are read. @defaultValue 4 MiB */
  readonly maxBytes?: number
}

/** One table of a suite and what is expected of it. */
export interface SuiteTable {
  /** The name of a model, or whatever name the table shall have in queries and results. */
  readonly table: string
  /** The table is this Delta table of the lake, at its newest version: `silver/posts`. */
  readonly delta?: string
  /** The table is made of raw files of the lake. */
  readonly raw?: RawTable
  /**
   * Whether nothing is expected as long as there is no such model or Delta table; otherwise everything fails then, as
   * of a table whose name is misspelt. Raw files that are not there yet have no records.
   *
   * @defaultValue false
   */
  readonly mayBeAbsent?: boolean
  /** Columns that name a row: failing rows are kept with these and the columns they failed in. */
  readonly key?: readonly string[]
  readonly expectations: readonly Expectation[]
}

/** A named list of expectations of some tables, computed in one scan. */
export interface Suite {
  readonly kind: 'suite'
  readonly name: string
  /** Severity of expectations that have none of their own. */
  readonly severity: Severity
  readonly tables: readonly SuiteTable[]
}

const NAME = /^[A-Za-z][A-Za-z0-9_.-]*$/

/**
 * A suite of expectations: what must hold of some tables. All figures that it needs are computed by one SQL
 * statement, which reads each table once; rows are fetched only for what failed.
 *
 * @param name letters, digits, `_`, `.`, `-`: results are kept under it
 * @param tables what is looked at, each with its expectations
 * @param options `severity` of expectations that have none of their own @defaultValue 'block'
 * @throws ConfigError `SBX_SUITE` for an impossible name, a table twice, or no expectation
 * @example
 * ```ts
 * const orders = defineSuite('orders', [
 *   {
 *     table: 'orders',
 *     key: ['id'],
 *     expectations: [
 *       expectColumnValuesToBeUnique({ column: 'id' }),
 *       expectColumnValuesToBeBetween({ column: 'amount', minValue: 0, mostly: 0.99 }),
 *     ],
 *   },
 * ])
 * ```
 * @see https://docs.greatexpectations.io for what each expectation means
 */
export function defineSuite(
  name: string,
  tables: readonly SuiteTable[],
  { severity = 'block' }: { readonly severity?: Severity } = {},
): Suite {
  if (!NAME.test(name))
    throw refused(name, 'its name is no letter followed by letters, digits, _ . -')
  const seen = new Set<string>()
  for (const { table, expectations, delta, raw } of tables) {
    if (seen.has(table)) throw refused(name, `it has the table '${table}' twice`)
    seen.add(table)
    if (expectations.length === 0) throw refused(name, `it expects nothing of '${table}'`)
    if (delta !== undefined && raw !== undefined) {
      throw refused(name, `'${table}' can't be a Delta table and raw files at once`)
    }
  }
  if (tables.length === 0) throw refused(name, 'it has no tables')
  return Object.freeze<Suite>({ kind: 'suite', name, severity, tables: Object.freeze([...tables]) })
}

const refused = (name: string, why: string): ConfigError =>
  new ConfigError(`the suite '${name}': ${why}`, { code: 'SBX_SUITE' })
