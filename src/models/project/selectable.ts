import { createHash } from 'node:crypto'
import type { Json } from '../../core/json.ts'
import type { CompiledProject } from './projectNodes.ts'

/** A node as selections see it. */
export interface SelectableNode {
  readonly uniqueId: string
  readonly kind: 'model' | 'seed' | 'source' | 'test' | 'unit_test'
  readonly name: string
  readonly fqn: readonly string[]
  readonly file: string
  readonly tags: readonly string[]
  readonly settings: Readonly<Record<string, unknown>>
  readonly reads: readonly string[]
  readonly testType?: 'generic' | 'singular' | 'unit'
  readonly test?: string | undefined
  /** Differs where the node does: a digest of its SQL and settings. */
  readonly state: string
}

/** Every node of a project. */
export function selectableNodes(project: CompiledProject): SelectableNode[] {
  return [
    ...project.declaredSources.map(
      ({ uniqueId, table, fqn, place, tags, rawMeta, relation, freshness }): SelectableNode => ({
        ...{ uniqueId, kind: 'source', name: table, fqn, file: place.file, tags },
        ...{ settings: { meta: rawMeta }, reads: [] },
        state: digest([relation, rawMeta, { ...freshness } as unknown as Json]),
      }),
    ),
    ...project.seeds.map(({ uniqueId, name, fqn, file, config, content }): SelectableNode => ({
      ...{ uniqueId, kind: 'seed', name, fqn, file, reads: [], tags: config.tags },
      settings: { ...config.given, materialized: 'seed' },
      state: digest([content, config.given]),
    })),
    ...project.models.map((model): SelectableNode => {
      const { uniqueId, name, fqn, file, config, reads, sql, incrementalSql = null } = model
      return {
        ...{ uniqueId, kind: 'model', name, fqn, file, reads, tags: config.tags },
        settings: { ...config.given, materialized: config.materialized, access: config.access },
        state: digest([sql, incrementalSql, model.relation, config.given]),
      }
    }),
    ...project.tests.map(
      ({ uniqueId, name, fqn, file, config, reads, sql, kind, test }): SelectableNode => ({
        ...{ uniqueId, kind: 'test', name, fqn, file, reads, tags: config.tags },
        ...{
          settings: { ...config.given },
          testType: kind,
          test,
          state: digest([sql, config.given]),
        },
      }),
    ),
    ...project.unitTests.map((test): SelectableNode => {
      const { uniqueId, name, fqn, file, config, reads, sql, expect, inputs } = test
      return {
        ...{ uniqueId, kind: 'unit_test', name, fqn, file, reads, tags: config.tags },
        ...{ settings: { ...config.given }, testType: 'unit' },
        state: digest([sql, expect.rows, inputs.map(({ cte, rows }) => [cte, rows.rows])]),
      }
    }),
  ]
}

const digest = (parts: Json): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex')
