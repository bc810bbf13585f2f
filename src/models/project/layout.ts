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

/** Published models are in a file of their own, everything else is gone with the build. */
export function publishingLayout(schema: string): Layout {
  const isPublished = ({ access, materialized }: NodeConfig): boolean =>
    access === 'public' && materialized !== 'ephemeral'
  return {
    database: PUBLISHED_CATALOG,
    schema,
    isPublished,
    isKept: isPublished,
    node: (name, config) =>
      isPublished(config)
        ? relation(PUBLISHED_CATALOG, schema, name)
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
