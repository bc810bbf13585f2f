import type { Json, JsonObject } from './json.ts'
import { inputsOf, type Topology, type TopologyNode } from './topology.ts'

/** One node as plain JSON. */
export interface NodeDescription {
  readonly name: string
  readonly kind: TopologyNode['kind'] | 'table'
  readonly type: string
  readonly options: JsonObject
  /** `node` or `node:port` of each input. */
  readonly inputs: readonly string[]
}

export interface TopologyDescription {
  readonly topology: string
  readonly nodes: readonly NodeDescription[]
}

const SECRET =
  /passw|passphrase|^pass$|pwd|secret|token|credential|auth(orization)?$|bearer|cookie|signature|^sig$|(api|access|private|account|shared)[-_]?key|^sasl$|^ssl$/i
/** Between the scheme and the last `@` before the path; and `user:secret@` where the secret has a slash. */
const CREDENTIALS = /(\w:\/\/)(?:[^/?#\s]*@|[^/?#\s@:]+:(?!\d*[/?#])[^\s@]*@)/g
const PARAMETER = /([?&;])([^=&;\s]+)=([^&;#\s]*)/g

/**
 * The topology as plain JSON, in order of definition: for snapshots, reviews and pictures. Secrets are
 * replaced by `***`: options whose name speaks of one, and credentials and such parameters in URLs.
 *
 * @example
 * ```ts
 * console.log(JSON.stringify(describe(topology), null, 2))
 * ```
 */
export function describe(topology: Topology): TopologyDescription {
  return { topology: topology.name, nodes: topology.nodes.map(describeNode) }
}

function describeNode(node: TopologyNode): NodeDescription {
  const unit =
    node.kind === 'merge' ? { type: 'merge', options: {}, kind: 'merge' as const } : node.unit
  return {
    name: node.name,
    kind: node.kind === 'sink' && unit.kind === 'table' ? 'table' : node.kind,
    type: unit.type,
    options: redact(unit.options) as JsonObject,
    inputs: inputNames(node),
  }
}

function inputNames(node: TopologyNode): string[] {
  if (node.kind === 'models') return [...node.reads]
  return inputsOf(node).map(({ node: from, port }) => (port === 'out' ? from : `${from}:${port}`))
}

/** Replaces what must not be shown, at any depth. */
export function redact(value: unknown, name = ''): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value
  if (SECRET.test(name)) return '***'
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (Array.isArray(value)) return value.map((item) => redact(item))
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(item, key)]))
  }
  return `[${typeof value}]`
}

function redactText(text: string): string {
  if (!text.includes('://')) return text
  return text
    .replace(CREDENTIALS, '$1***@')
    .replace(PARAMETER, (whole, mark: string, name: string) =>
      SECRET.test(name) ? `${mark}${name}=***` : whole,
    )
}
