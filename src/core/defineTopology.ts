import { ConfigError } from './errors.ts'
import type { ModelsUnit } from './models.ts'
import {
  REJECTS,
  type Flow,
  type Outgoing,
  type Stream,
  type Topology,
  type TopologyNode,
  type TopologyOptions,
} from './topology.ts'
import type { Operator, Sink, Source, Table } from './unit.ts'

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/
/** Ports whose records may go nowhere: they are counted and dropped. */
const DROPPABLE = new Set(['filtered', 'duplicate'])
/** Ports that go to `rejects` where nobody takes them. */
const REJECTING = new Set(['rejected', 'late'])

/**
 * Puts sources, operators and sinks together into a topology. Does no I/O: it only checks that
 * the flow is whole and returns it as data.
 *
 * @param name - Identity of the topology's checkpoints: letters, digits, `_`, `.`, `-`.
 * @returns The topology; `handles` is what `build` returned.
 * @throws ConfigError `SBX_NAME` for a bad or repeated name, `SBX_LOOSE_END` for records that would
 *   go nowhere, `SBX_FOREIGN_STREAM` for a stream of another topology, `SBX_CO_PARTITION` where
 *   sources meet in a stateful operator.
 * @example
 * ```ts
 * const lines = defineTopology('lines', (flow) => {
 *   const numbers = flow.source('numbers', memorySource([1, 2, 3]))
 *   const out = numbers.via('double', map((n) => n * 2)).to('out', memorySink())
 *   return { numbers, out }
 * })
 * ```
 */
export function defineTopology<const Handles extends object>(
  name: string,
  build: (flow: Flow<false>) => Handles,
): Topology<Handles>
export function defineTopology<const Handles extends object>(
  name: string,
  options: TopologyOptions,
  build: (flow: Flow<true>) => Handles,
): Topology<Handles>
export function defineTopology(
  name: string,
  optionsOrBuild: TopologyOptions | ((flow: Flow<false>) => object),
  maybeBuild?: (flow: Flow<true>) => object,
): Topology {
  const options = typeof optionsOrBuild === 'function' ? undefined : optionsOrBuild
  const build = (maybeBuild ?? optionsOrBuild) as (flow: Flow<boolean>) => object
  checkName(name, 'topology')
  const builder = startBuilder(options !== undefined)
  const handles = build(builder.flow)
  const nodes = builder.finish(options)
  return Object.freeze({ kind: 'topology', name, nodes, handles })
}

/** Collects nodes while the user's function runs, then checks that nothing is left open. */
function startBuilder(covered: boolean) {
  const nodes: TopologyNode[] = []
  const names = new Set<string>()
  const taken = new Set<string>()
  const streams = new WeakSet<object>()

  const add = (node: TopologyNode): void => {
    checkName(node.name, 'node')
    if (node.name === REJECTS || names.has(node.name)) {
      throw new ConfigError(
        `the name '${node.name}' is ${node.name === REJECTS ? 'reserved for the rejects table' : 'used twice'}; a node's name is the identity of its state, choose another`,
        { code: 'SBX_NAME', node: node.name },
      )
    }
    names.add(node.name)
    nodes.push(node)
  }
  const take = (stream: { readonly name: string; readonly port: string }, by: string): Outgoing => {
    if (!streams.has(stream)) {
      throw new ConfigError(`the stream '${stream.name}' belongs to another topology`, {
        code: 'SBX_FOREIGN_STREAM',
        node: by,
      })
    }
    taken.add(edgeKey(stream.name, stream.port))
    return { node: stream.name, port: stream.port }
  }

  const stream = (node: string, port = 'out'): Stream<never> => {
    const self = {
      kind: 'stream' as const,
      name: node,
      port,
      via(name: string, unit: Operator<never, unknown, unknown>) {
        add({
          kind: 'operator',
          name,
          unit: checkUnit(name, unit, 'operator'),
          input: take(self, name),
        })
        return stream(name)
      },
      split(name: string, unit: Operator<never, unknown, unknown>) {
        add({
          kind: 'operator',
          name,
          unit: checkUnit(name, unit, 'operator'),
          input: take(self, name),
        })
        const ports = unit.ports.map((port) => [port, stream(name, port)])
        return Object.freeze({ out: stream(name), ...Object.fromEntries(ports) })
      },
      to(name: string, unit: Sink<never>) {
        add({ kind: 'sink', name, unit: checkUnit(name, unit, 'sink'), inputs: [take(self, name)] })
        return Object.freeze({ kind: 'sink-handle' as const, name })
      },
      toTable(name: string, unit: Table<never>) {
        add({
          kind: 'sink',
          name,
          unit: checkUnit(name, unit, 'table'),
          inputs: [take(self, name)],
        })
        return Object.freeze({ kind: 'table-handle' as const, name, options: unit.options })
      },
    }
    streams.add(self)
    return Object.freeze(self) as unknown as Stream<never>
  }

  const flow = Object.freeze({
    source(name: string, unit: Source<unknown, unknown>) {
      add({ kind: 'source', name, unit: checkUnit(name, unit, 'source') })
      return stream(name)
    },
    merge(name: string, ...inputs: readonly Stream<unknown>[]) {
      add({ kind: 'merge', name, inputs: inputs.map((input) => take(input, name)) })
      return stream(name)
    },
    models(name: string, unit: ModelsUnit) {
      const reads = Object.values(unit.reads).map((handle) => handle.name)
      for (const table of reads) {
        if (!nodes.some((node) => node.kind === 'sink' && node.name === table)) {
          throw new ConfigError(`reads the table '${table}', which this topology does not have`, {
            code: 'SBX_FOREIGN_STREAM',
            node: name,
          })
        }
      }
      add({ kind: 'models', name, unit: checkUnit(name, unit, 'models'), reads })
      return Object.freeze({ kind: 'models-handle' as const, name })
    },
  }) as unknown as Flow<boolean>

  const finish = (options: TopologyOptions | undefined): readonly TopologyNode[] => {
    if (!nodes.some((node) => node.kind === 'source')) {
      throw new ConfigError('a topology needs at least one source', { code: 'SBX_LOOSE_END' })
    }
    const inputs: Outgoing[] = []
    for (const node of nodes) {
      if (node.kind === 'sink' || node.kind === 'models') continue
      const ports = node.kind === 'merge' ? [] : node.unit.ports
      for (const port of ['out', ...ports]) {
        if (taken.has(edgeKey(node.name, port)) || DROPPABLE.has(port)) continue
        if (REJECTING.has(port) && covered) inputs.push({ node: node.name, port })
        else throw looseEnd(node.name, port, ports)
      }
    }
    if (options !== undefined) {
      nodes.push({
        kind: 'sink',
        name: REJECTS,
        unit: checkUnit(REJECTS, options.rejects, 'table'),
        inputs,
      })
    }
    refuseMergedState(nodes)
    return Object.freeze(nodes.map((node) => Object.freeze(node)))
  }
  return { flow, finish }
}

const edgeKey = (node: string, port: string): string => `${node} ${port}`

function checkName(name: string, what: string): void {
  if (typeof name === 'string' && NAME.test(name)) return
  throw new ConfigError(
    `'${name}' can't be the name of a ${what}: it becomes part of file names; use a letter, then letters, digits, '_', '.', '-' (at most 100)`,
    { code: 'SBX_NAME' },
  )
}

function checkUnit<Unit extends { readonly kind: string }>(
  node: string,
  unit: Unit,
  kind: string,
): Unit {
  if (unit?.kind === kind) return unit
  throw new ConfigError(`expected a ${kind} here, got ${unit?.kind ?? typeof unit}`, {
    code: 'SBX_WRONG_UNIT',
    node,
  })
}

function looseEnd(node: string, port: string, ports: readonly string[]): ConfigError {
  const remedy = REJECTING.has(port)
    ? `give defineTopology({ rejects }) or take the port '${port}' with split`
    : ports.length > 0
      ? `send '${port}' to a sink or table`
      : `end it in a sink or table with .to(…) or .toTable(…)`
  return new ConfigError(`its records of '${port}' go nowhere; ${remedy}`, {
    code: 'SBX_LOOSE_END',
    node,
  })
}

/** Partitions of different sources are not known to hold the same keys, so state can't see them all. */
function refuseMergedState(nodes: readonly TopologyNode[]): void {
  const origins = new Map<string, ReadonlySet<string>>()
  for (const node of nodes) {
    if (node.kind === 'models') continue
    const inputs =
      node.kind === 'source' ? [] : node.kind === 'operator' ? [node.input] : node.inputs
    const from = new Set(inputs.flatMap((input) => [...(origins.get(input.node) ?? [])]))
    if (node.kind === 'source') from.add(node.name)
    origins.set(node.name, from)
    if (node.kind === 'operator' && node.unit.state === 'keyed' && from.size > 1) {
      throw new ConfigError(
        `the sources ${[...from].join(', ')} meet in a stateful operator, but nothing says that equal keys share a partition; put one ${node.unit.type} behind each source, before the merge`,
        { code: 'SBX_CO_PARTITION', node: node.name },
      )
    }
  }
}
