import type { Json } from '../../../src/core/json.ts'
import type { LastResult } from '../../../src/models/artifacts/testResults.ts'
import type { ExpectationResult } from '../../../src/quality.ts'

export type Layer =
  'source' | 'bronze' | 'silver' | 'quarantine' | 'seed' | 'staging' | 'intermediate' | 'gold'

/** A column as the site and the dictionary show it. */
export interface CatalogColumn {
  readonly name: string
  readonly type: string
  readonly nullable: boolean | null
  readonly description: string
  /** Names of tests of this column. */
  readonly tests: readonly string[]
  /** Columns that it comes from, one step back. */
  readonly from: readonly {
    readonly table: string
    readonly column: string
    readonly kind: string
  }[]
}

/** A test of the project. */
export interface CatalogTest {
  /** dbt's unique id. */
  readonly id: string
  readonly name: string
  readonly kind: 'generic' | 'singular' | 'unit'
  readonly column: string | null
  readonly severity: string
}

export interface CatalogTable {
  /** `silver.posts`, `dim_users`, …: unique. */
  readonly id: string
  readonly layer: Layer
  readonly description: string
  readonly columns: readonly CatalogColumn[]
  readonly tests: readonly CatalogTest[]
  /** Where it is in the lake; null for what only serves a build. */
  readonly path: string | null
  /** The file that makes it, below the root. */
  readonly file: string | null
  readonly sql: string | null
  /** Tables that it is made from, by id. */
  readonly reads: readonly string[]
  /** What column-level lineage could not resolve, or why there is none. */
  readonly unresolved: readonly string[]
}

/** What a lake has of a table. */
export interface TableFacts {
  readonly rows: number | null
  readonly bytes: number
  /** None: it is not there yet, but something is known of it. */
  readonly files: number
  readonly version: number | null
  /** Of the quarantine: how many records it has by reason, the most frequent first. */
  readonly reasons?: readonly (readonly [reason: string, records: number])[]
  /** The newest result of each of its expectations. */
  readonly checks: readonly (ExpectationResult & { readonly suite: string; readonly at: string })[]
}

/** Everything about a lake's tables: definitions, and of one lake, facts. */
export interface Catalog {
  readonly title: string
  readonly tables: readonly CatalogTable[]
  readonly lake: {
    readonly url: string
    readonly gold: { readonly version: number; readonly publishedAt: string } | null
    readonly facts: Readonly<Record<string, TableFacts>>
    /** How each test went when it was last run, by its id. */
    readonly tests: Readonly<Record<string, LastResult>>
    /** A few rows that failed a test when it was last run, by its id. */
    readonly failing: Readonly<Record<string, readonly Json[]>>
  } | null
}
