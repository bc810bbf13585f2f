import type { NodeConfig } from './nodeConfig.ts'
import { relation } from './relation.ts'
import type { Relation } from './relation.ts'
import type { SourceTable } from './sourceProperties.ts'

/** Where the nodes of a project are in a database. */
export interface Layout {
  readonly database: string
  /** The schema of those that name none. */
  readonly schema: string
  node(name: string, config: NodeConfig): Relation
  source(table: SourceTable): Relation
  /** Where failing rows of a test are stored. */
  failures(name: string): Relation
  isPublished(config: NodeConfig): boolean
  /** Whether a later run finds its table. */
  isKept(config: NodeConfig): boolean
}

/** Catalog of the published models, and of everything that only serves the build. */
export const PUBLISHED_CATALOG = 'gold'
const WORK_CATALOG = 'memory'
/**
 * Schema of the incremental models that are not published: they go on from what they hold, like those that are. It is where
 * dbt has a model with `schema: kept`.
 */
export const keptSchema = (schema: string): string => `${schema}_kept`

/**
 * Published models are in a file of their own, with those that are incremental and serve the next build; everything else
 * is gone with the build.
 */
export function publishingLayout(schema: string): Layout {
  const isPublished = ({ access, materialized }: NodeConfig): boolean =>
    access === 'public' && materialized !== 'ephemeral'
  const isKept = (config: NodeConfig): boolean =>
    isPublished(config) || config.materialized === 'incremental'
  return {
    database: PUBLISHED_CATALOG,
    schema,
    isPublished,
    isKept,
    node: (name, config) =>
      isKept(config)
        ? relation(PUBLISHED_CATALOG, isPublished(config) ? schema : keptSchema(schema), name)
        : relation(WORK_CATALOG, 'main', name),
    source: ({ source, table }) => relation(WORK_CATALOG, `source_${source}`, table),
    failures: (name) => relation(WORK_CATALOG, 'failures', name),
  }
}

/** Everything is in one database, as dbt has it. */
export function databaseLayout(database: string, schema: string): Layout {
  return {
    database,
    schema,
    isPublished: () => false,
    isKept: () => true,
    node: (name, config) =>
      relation(
        database,
        config.schema === undefined ? schema : `${schema}_${config.schema}`,
        config.alias ?? name,
      ),
    source: (table) => relation(database, table.schema, table.identifier),
    failures: (name) => relation(database, `${schema}_dbt_test__audit`, name),
  }
}
