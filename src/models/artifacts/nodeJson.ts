import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../core/json.ts'
import type { ColumnProperties, Constraint } from '../project/columnProperties.ts'
import type { NodeConfig } from '../project/nodeConfig.ts'
import type { CompiledModel, CompiledNode, CompiledTest } from '../project/projectNodes.ts'
import type { CompiledSeed, CompiledSource, CompiledUnitTest } from '../project/projectNodes.ts'
import type { Age } from '../project/sourceProperties.ts'
import type { Fixture } from '../project/unitTestProperties.ts'

/** What of a manifest is the same for all its nodes. */
export interface ManifestContext {
  readonly project: string
  /** Seconds since 1970 UTC. */
  readonly createdAt: number
  /** Digests of nodes, by which a later run tells what has changed. */
  state(uniqueId: string): string
}

const NO_DOCS = { show: true, node_color: null }

/** A model as dbt's manifest (v12) has it. */
export function modelJson(model: CompiledModel, context: ManifestContext): JsonObject {
  const { config, rawText, sql, stored, columns, constraints } = model
  const contract = { enforced: config.contract, alias_types: true, checksum: null }
  return {
    ...common(model, context, 'model'),
    ...placeOf(model.relation, config.alias ?? model.name),
    config: {
      ...nodeConfig(config),
      materialized: config.materialized,
      access: config.access,
      contract: { enforced: config.contract, alias_types: true },
      freshness: null,
    },
    ...described(model.description, columns, config),
    ...compiled(sql, rawText, model),
    relation_name: stored === 'ephemeral' ? null : model.relation,
    contract,
    access: config.access,
    constraints: constraints.map(constraintJson),
    ...{ version: null, latest_version: null, deprecation_date: null, defer_relation: null },
    primary_key: config.uniqueKey.length > 0 ? [...config.uniqueKey] : [],
    time_spine: null,
  }
}

/** A seed. */
export function seedJson(seed: CompiledSeed, context: ManifestContext): JsonObject {
  const { config, properties, content, relation, name } = seed
  return {
    ...common({ ...seed, reads: [] }, context, 'seed'),
    ...placeOf(relation, config.alias ?? name),
    checksum: checksum(content),
    config: {
      ...nodeConfig(config),
      materialized: 'seed',
      delimiter: config.delimiter,
      quote_columns: null,
    },
    ...described(properties?.description ?? '', properties?.columns ?? [], config),
    ...{ relation_name: relation, raw_code: '', root_path: null },
    depends_on: { macros: [] },
    defer_relation: null,
  }
}

/** A generic or a singular test. */
export function testJson(test: CompiledTest, context: ManifestContext): JsonObject {
  const { config } = test
  const alias = test.relation.split('"."').at(-1)?.replaceAll('"', '') ?? test.name
  const own: JsonObject =
    test.kind === 'singular'
      ? {}
      : {
          test_metadata: { name: test.test ?? '', kwargs: test.given, namespace: null },
          column_name: test.column ?? null,
          file_key_name: `models.${test.attached?.split('.').at(-1) ?? ''}`,
          attached_node: test.attached ?? null,
        }
  return {
    ...common(test, context, 'test'),
    ...placeOf(test.relation, alias),
    config: {
      ...{ enabled: true, alias: null, schema: 'dbt_test__audit', database: null, group: null },
      ...{ tags: [...config.tags], meta: config.meta, materialized: 'test' },
      severity: config.severity.toUpperCase(),
      ...{ store_failures: config.storeFailures, store_failures_as: null },
      ...{ where: config.where ?? null, limit: config.limit ?? null },
      ...{ fail_calc: config.failCalc, warn_if: config.warnIf, error_if: config.errorIf },
    },
    ...described(test.description, [], config),
    ...compiled(test.sql, test.rawText, test),
    relation_name: config.storeFailures ? test.relation : null,
    contract: { enforced: false, alias_types: true, checksum: null },
    ...own,
  }
}

/** A unit test. */
export function unitTestJson(test: CompiledUnitTest, context: ManifestContext): JsonObject {
  const { config, expect, inputs } = test
  const rows = ({ format, rows: given, fixture }: Fixture) => ({
    ...{ rows: given, format, fixture: fixture ?? null },
  })
  return {
    ...common(test, context, 'unit_test'),
    model: test.model.split('.').at(-1) ?? '',
    given: inputs.map(({ input, rows: given }) => ({ input, ...rows(given) })),
    expect: rows(expect),
    description: test.description,
    overrides: null,
    depends_on: { macros: [], nodes: [test.model] },
    config: { tags: [...config.tags], meta: config.meta, enabled: true },
    checksum: context.state(test.uniqueId),
    ...{ schema: null, versions: null, version: null },
  }
}

/** A table of a source. */
export function sourceJson(source: CompiledSource, context: ManifestContext): JsonObject {
  const { place, freshness, rawMeta, tags, relation } = source
  const age = (one: Age | undefined): JsonObject | null => (one === undefined ? null : { ...one })
  const limits =
    freshness === undefined
      ? null
      : {
          warn_after: age(freshness.warnAfter),
          error_after: age(freshness.errorAfter),
          filter: freshness.filter ?? null,
        }
  const { database, schema } = placeOf(relation, source.identifier)
  return {
    ...{ database, schema, name: source.table, resource_type: 'source' },
    ...{ package_name: context.project, path: place.file, original_file_path: place.file },
    ...{ unique_id: source.uniqueId, fqn: [...source.fqn], source_name: source.source },
    ...{ source_description: source.sourceDescription, loader: source.loader },
    ...{ identifier: source.identifier, loaded_at_field: freshness?.loadedAtField ?? null },
    ...{ loaded_at_query: null, freshness: limits, external: null },
    quoting: { database: null, schema: null, identifier: null, column: null },
    ...{ description: source.description, columns: columnsJson(source.properties) },
    ...{ meta: rawMeta, source_meta: {}, tags: [...tags], config: { enabled: true } },
    ...{ patch_path: null, unrendered_config: {}, relation_name: relation },
    ...{ created_at: context.createdAt, unrendered_database: null, unrendered_schema: null },
    doc_blocks: [],
  }
}

function common(
  node: Pick<CompiledNode, 'uniqueId' | 'name' | 'file' | 'fqn' | 'reads'>,
  { project, createdAt }: ManifestContext,
  kind: string,
): JsonObject {
  return {
    ...{ name: node.name, resource_type: kind, package_name: project },
    path: node.file.split('/').slice(1).join('/'),
    ...{ original_file_path: node.file, unique_id: node.uniqueId, fqn: [...node.fqn] },
    created_at: createdAt,
  }
}

const described = (
  description: string,
  columns: readonly ColumnProperties[],
  config: NodeConfig,
): JsonObject => ({
  ...{ description, columns: columnsJson(columns), tags: [...config.tags], meta: config.meta },
  ...{ group: null, docs: NO_DOCS, patch_path: null, build_path: null },
  ...{ unrendered_config: config.given, doc_blocks: [] },
})

function compiled(sql: string, raw: string, { reads }: Pick<CompiledNode, 'reads'>): JsonObject {
  const lastOf = (id: string): string => id.split('.').at(-1) ?? ''
  return {
    ...{ checksum: checksum(raw), raw_code: raw, language: 'sql', compiled: true },
    ...{ compiled_code: sql, compiled_path: null, extra_ctes_injected: true, extra_ctes: [] },
    refs: reads
      .filter((id) => !id.startsWith('source.'))
      .map((id) => ({ name: lastOf(id), package: null, version: null })),
    sources: reads.filter((id) => id.startsWith('source.')).map((id) => id.split('.').slice(-2)),
    ...{ metrics: [], functions: [], depends_on: { macros: [], nodes: [...reads] } },
  }
}

function nodeConfig(config: NodeConfig): JsonObject {
  const { uniqueKey } = config
  return {
    ...{ enabled: true, alias: config.alias ?? null, schema: config.schema ?? null },
    ...{ database: null, tags: [...config.tags], meta: config.meta, group: null },
    incremental_strategy: config.strategy ?? null,
    ...{ batch_size: null, lookback: 1, begin: null, persist_docs: {}, event_time: null },
    ...{ 'post-hook': [], 'pre-hook': [], quoting: {}, column_types: { ...config.columnTypes } },
    full_refresh: config.fullRefresh ?? null,
    unique_key:
      uniqueKey.length === 0
        ? null
        : uniqueKey.length === 1
          ? (uniqueKey[0] ?? null)
          : [...uniqueKey],
    ...{ on_schema_change: config.onSchemaChange, on_configuration_change: 'apply' },
    ...{ grants: {}, packages: [], docs: NO_DOCS },
    contract: { enforced: config.contract, alias_types: true },
    concurrent_batches: null,
  }
}

function columnsJson(columns: readonly ColumnProperties[]): JsonObject {
  return Object.fromEntries(
    columns.map(({ name, description, dataType, constraints, tags, meta }): [string, Json] => [
      name,
      {
        ...{ name, description, data_type: dataType ?? null, meta, tags: [...tags] },
        constraints: constraints.map(columnConstraint),
        ...{ quote: null, config: { meta, tags: [...tags] }, granularity: null, doc_blocks: [] },
      },
    ]),
  )
}

const columnConstraint = ({ type, expression }: Constraint): JsonObject => ({
  ...{ type, name: null, expression: expression ?? null, to: null, to_columns: [] },
  ...{ warn_unenforced: true, warn_unsupported: true },
})

const constraintJson = (constraint: Constraint): JsonObject => ({
  ...columnConstraint(constraint),
  columns: [...constraint.columns],
})

/** Database, schema and name of a quoted relation. */
function placeOf(relation: string, alias: string) {
  const [database = '', schema = ''] = relation
    .split('"."')
    .map((part) => part.replaceAll(/^"|"$/g, '').replaceAll('""', '"'))
  return schema === '' ? { database: null, schema: '', alias } : { database, schema, alias }
}

const checksum = (text: string): JsonObject => ({
  name: 'sha256',
  checksum: createHash('sha256').update(text.trim()).digest('hex'),
})
