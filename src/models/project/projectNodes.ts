import type { JsonObject } from '../../core/json.ts'
import type { ColumnProperties, Constraint } from './columnProperties.ts'
import type { NodeConfig } from './nodeConfig.ts'
import type { Place } from './projectError.ts'
import type { SeedFile } from './readProject.ts'
import type { SourceTable } from './sourceProperties.ts'
import type { Fixture } from './unitTestProperties.ts'

/** What every node of a compiled project has. */
export interface CompiledNode {
  /** dbt's: `model.<project>.<name>`. */
  readonly uniqueId: string
  readonly name: string
  readonly file: string
  readonly fqn: readonly string[]
  readonly config: NodeConfig
  /** Unique ids of what it reads. */
  readonly reads: readonly string[]
}

/** A model with everything in it resolved: plain SQL. */
export interface CompiledModel extends CompiledNode {
  readonly sql: string
  /** The SQL of a run that finds its table there already; undefined unless it is incremental. */
  readonly incrementalSql: string | undefined
  readonly rawText: string
  /** Its name in SQL: catalog, schema, table. */
  readonly relation: string
  readonly stored: 'view' | 'table' | 'incremental' | 'ephemeral'
  readonly published: boolean
  readonly description: string
  readonly columns: readonly ColumnProperties[]
  readonly constraints: readonly Constraint[]
}

/** What one of dbt's own generic tests asks of a column, in parts. */
export type PlainTest = {
  /** The tested table and column, by their names in SQL. */
  readonly on: string
  readonly column: string
} & (
  | { readonly kind: 'unique' | 'not_null' }
  /** As SQL has them, with commas in between. */
  | { readonly kind: 'accepted_values'; readonly values: string }
  | { readonly kind: 'relationships'; readonly to: string; readonly field: string }
)

/** A test as a query for the rows that fail it. */
export interface CompiledTest extends CompiledNode {
  readonly kind: 'generic' | 'singular'
  readonly sql: string
  readonly rawText: string
  readonly severity: 'warn' | 'error'
  /** The table that keeps failing rows, where it stores them. */
  readonly relation: string
  readonly column: string | undefined
  /** The node that a generic test is about. */
  readonly attached: string | undefined
  readonly description: string
  /** Of a generic test: its own name and what it was given. */
  readonly test: string | undefined
  readonly given: JsonObject
  /** Undefined for others, and where it is no column of a table that is asked about. */
  readonly asks: PlainTest | undefined
}

/** A unit test: the model's SQL over stand-ins, and the rows that these have. */
export interface CompiledUnitTest extends CompiledNode {
  readonly model: string
  readonly description: string
  readonly sql: string
  readonly inputs: readonly {
    readonly cte: string
    readonly input: string
    /** Where the columns and their types come from: a relation or a subquery. */
    readonly like: string
    readonly rows: Fixture
  }[]
  readonly expect: Fixture
  readonly place: Place
}

export type CompiledSource = SourceTable & {
  readonly uniqueId: string
  readonly relation: string
  readonly fqn: readonly string[]
}

export type CompiledSeed = SeedFile & {
  readonly uniqueId: string
  readonly relation: string
}

export interface CompiledProject {
  readonly name: string
  readonly root: string
  readonly seeds: readonly CompiledSeed[]
  /** Every model behind those that it reads. */
  readonly models: readonly CompiledModel[]
  readonly tests: readonly CompiledTest[]
  readonly unitTests: readonly CompiledUnitTest[]
  /** The tables of sources that some model or test reads. */
  readonly sources: readonly CompiledSource[]
  /** All tables of sources. */
  readonly declaredSources: readonly CompiledSource[]
  readonly macros: readonly { readonly file: string; readonly text: string }[]
}
