import type { Json, JsonObject } from '../../core/json.ts'
import type { SelectableNode } from '../project/selectable.ts'

/** Where our manifests keep the digests of their nodes. */
export const STATES = 'sluicebox_states'
/** In place of a digest: the node is another one. */
const CHANGED = 'changed'

type Node = Readonly<Record<string, Json | undefined>>

/**
 * What an earlier manifest says of a node, for `state:`; undefined where it had none. One of ours has digests; of
 * one that dbt wrote, the files' checksums and what matters of the settings are compared with those of now.
 *
 * @param now the manifest of the project as it is
 */
export function earlierStates(
  manifest: Node,
  now: Node,
  nodes: readonly SelectableNode[],
): (uniqueId: string) => string | undefined {
  const digests = (manifest['metadata'] as { readonly env?: JsonObject } | undefined)?.env?.[STATES]
  if (typeof digests === 'string') {
    const states = JSON.parse(digests) as Readonly<Record<string, string>>
    return (uniqueId) => states[uniqueId]
  }
  const states = new Map(nodes.map(({ uniqueId, state }) => [uniqueId, state]))
  const isOther = changedMacros(manifest, now)
  return (uniqueId) => {
    const before = nodeOf(manifest, uniqueId)
    const after = nodeOf(now, uniqueId)
    if (before === undefined) return undefined
    const isSame =
      after !== undefined && aspects(before) === aspects(after) && !macrosOf(before).some(isOther)
    return isSame ? states.get(uniqueId) : CHANGED
  }
}

/** Whether a macro, or one that it calls, is not what it was; those of dbt itself are. */
function changedMacros(manifest: Node, now: Node): (macro: string) => boolean {
  const before = (manifest['macros'] ?? {}) as Readonly<Record<string, Node | undefined>>
  const after = (now['macros'] ?? {}) as typeof before
  const sqlOf = (macro: Node | undefined): string => String(macro?.['macro_sql'] ?? '').trim()
  const isOther = (id: string, seen: ReadonlySet<string>): boolean => {
    const macro = before[id]
    if (macro === undefined || macro['package_name'] !== projectOf(manifest)) return false
    if (seen.has(id)) return false
    const calls = macrosOf(macro)
    return (
      sqlOf(macro) !== sqlOf(after[id]) || calls.some((one) => isOther(one, new Set([...seen, id])))
    )
  }
  return (id) => isOther(id, new Set())
}

const projectOf = (manifest: Node): unknown =>
  (manifest['metadata'] as Node | undefined)?.['project_name']

const macrosOf = (node: Node): readonly string[] =>
  ((node['depends_on'] as Node | undefined)?.['macros'] ?? []) as readonly string[]

function nodeOf(manifest: Node, uniqueId: string): Node | undefined {
  const groups = ['nodes', 'sources', 'unit_tests'].map((key) => manifest[key] as Node | undefined)
  return groups.map((group) => group?.[uniqueId] as Node | undefined).find(Boolean)
}

/** What of a node, as both write it, makes it another one. */
function aspects(node: Node): string {
  const config = (node['config'] ?? {}) as Node
  switch (node['resource_type']) {
    case 'model':
      return text([
        ...[checksumOf(node), config['materialized'], [config['unique_key'] ?? []].flat()],
        ...[config['incremental_strategy'] ?? null, tagsOf(config)],
        ...[config['alias'] ?? null, config['schema'] ?? null, contractOf(node, config)],
      ])
    case 'seed':
      return text([checksumOf(node), config['column_types'] ?? {}, tagsOf(config)])
    case 'test': {
      // What a generic test is given is in its id.
      const isSingular = node['test_metadata'] === undefined || node['test_metadata'] === null
      const severity = String(config['severity'] ?? 'error').toLowerCase()
      return text([isSingular ? checksumOf(node) : null, severity, config['where'] ?? null])
    }
    case 'unit_test':
      return text([node['model'], rowsOf(node['expect']), [node['given'] ?? []].flat().map(rowsOf)])
    default:
      return text([node['identifier'], node['loaded_at_field'] ?? null])
  }
}

/** Types of columns matter where they are held. */
function contractOf(node: Node, config: Node): unknown {
  if ((config['contract'] as Node | undefined)?.['enforced'] !== true) return null
  const columns = Object.values((node['columns'] ?? {}) as Readonly<Record<string, Node>>)
  return columns.map(({ name, data_type }) => [name, data_type ?? null])
}

const checksumOf = ({ checksum }: Node): unknown => (checksum as Node | undefined)?.['checksum']
const tagsOf = ({ tags }: Node): readonly string[] => [tags ?? []].flat().map(String).sort()
const rowsOf = (fixture: Json | undefined): unknown => {
  const { input, rows, format, fixture: file } = (fixture ?? {}) as Node
  const given = typeof rows === 'string' ? rows.trim() : rows
  const read = format === 'csv' && typeof given === 'string' ? csvRows(given) : given
  return [input ?? null, read ?? null, file ?? null]
}

/** As dbt keeps such rows. What has quotes in it is another one then, at worst. */
function csvRows(text: string): readonly JsonObject[] {
  const [header = [], ...rows] = text.split('\n').map((line) => line.trim().split(','))
  return rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at] ?? null])))
}

/** Keys in whatever order. */
const text = (parts: unknown): string =>
  JSON.stringify(parts, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
