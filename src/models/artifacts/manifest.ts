import type { JsonObject } from '../../core/json.ts'
import type { CompiledProject } from '../project/projectNodes.ts'
import { selectableNodes } from '../project/selectable.ts'
import { STATES } from './earlierStates.ts'
import { modelJson, seedJson, sourceJson, testJson, unitTestJson } from './nodeJson.ts'
import type { ManifestContext } from './nodeJson.ts'

/** What names one run of a project in its artifacts. */
export interface Invocation {
  readonly id: string
  readonly startedMs: number
  readonly nowMs: number
}

/** The version of dbt whose artifacts these are: readers upgrade what is of another. */
const DBT_VERSION = '1.10.23'
const MACRO =
  /\{%-?\s*(?:macro|(?:data_)?test)\s+(\w+)[\s\S]*?\{%-?\s*end(?:macro|(?:data_)?test)\s*-?%\}/g

/** A compiled project as dbt's `manifest.json`, version 12. */
export function manifestOf(project: CompiledProject, invocation: Invocation): JsonObject {
  const states = Object.fromEntries(
    selectableNodes(project).map(({ uniqueId, state }) => [uniqueId, state]),
  )
  const context: ManifestContext = {
    project: project.name,
    createdAt: invocation.startedMs / 1000,
    state: (uniqueId) => states[uniqueId] ?? '',
  }
  const byId = <Node extends { readonly uniqueId: string }>(
    nodes: readonly Node[],
    json: (node: Node, context: ManifestContext) => JsonObject,
  ): JsonObject => Object.fromEntries(nodes.map((node) => [node.uniqueId, json(node, context)]))
  const reading = [...project.models, ...project.tests, ...project.unitTests]
  const all = [...project.seeds, ...project.declaredSources].map(({ uniqueId }) => uniqueId)
  const parents: Record<string, string[]> = Object.fromEntries(all.map((id) => [id, []]))
  for (const { uniqueId, reads } of reading) parents[uniqueId] = [...reads]
  const children: Record<string, string[]> = Object.fromEntries(
    Object.keys(parents).map((id) => [id, []]),
  )
  for (const { uniqueId, reads } of reading) for (const id of reads) children[id]?.push(uniqueId)
  return {
    metadata: {
      ...metadataOf('manifest', 12, invocation),
      ...{ project_name: project.name, project_id: null, user_id: null },
      ...{ send_anonymous_usage_stats: false, adapter_type: 'duckdb', run_started_at: null },
      quoting: { database: true, schema: true, identifier: true, column: null },
      env: { [STATES]: JSON.stringify(states) },
    },
    nodes: {
      ...byId(project.seeds, seedJson),
      ...byId(project.models, modelJson),
      ...byId(project.tests, testJson),
    },
    sources: byId(project.declaredSources, sourceJson),
    macros: macrosOf(project, context),
    unit_tests: byId(project.unitTests, unitTestJson),
    ...{ docs: {}, exposures: {}, metrics: {}, groups: {}, selectors: {}, disabled: {} },
    ...{ saved_queries: {}, semantic_models: {}, functions: {} },
    ...{ parent_map: parents, child_map: children, group_map: {} },
  }
}

/** The head of every artifact. */
export function metadataOf(
  artifact: string,
  version: number,
  { id, startedMs, nowMs }: Invocation,
): JsonObject {
  return {
    dbt_schema_version: `https://schemas.getdbt.com/dbt/${artifact}/v${version}.json`,
    dbt_version: DBT_VERSION,
    generated_at: new Date(nowMs).toISOString(),
    invocation_id: id,
    invocation_started_at: new Date(startedMs).toISOString(),
    env: {},
  }
}

function macrosOf({ macros, name }: CompiledProject, { createdAt }: ManifestContext): JsonObject {
  const all = macros.flatMap(({ file, text }) =>
    [...text.matchAll(MACRO)].map(([sql, given = '']): [string, JsonObject] => {
      const macro = /\{%-?\s*(?:data_)?test/.test(sql) ? `test_${given}` : given
      const uniqueId = `macro.${name}.${macro}`
      return [
        uniqueId,
        {
          ...{ name: macro, resource_type: 'macro', package_name: name, path: file },
          ...{ original_file_path: file, unique_id: uniqueId, macro_sql: sql },
          ...{ depends_on: { macros: [] }, description: '', meta: {}, patch_path: null },
          ...{ docs: { show: true, node_color: null }, config: { meta: {} }, arguments: [] },
          ...{ created_at: createdAt, supported_languages: null },
        },
      ]
    }),
  )
  return Object.fromEntries(all)
}
