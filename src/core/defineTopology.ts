import {
  checkName,
  checkUnit,
  refuseMergedState,
  refusePartitionNames,
  refuseSharedPaths,
  untaken,
} from './checkTopology.ts'
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

/**
 * Puts sources, operators and sinks together into a topology. Does no I/O: it only checks that
 * the flow is whole and returns it as data.
 *
 * @param name - Identity of the topology's checkpoints: letters, digits, `_`, `.`, `-`.
 * @returns The topology; `handles` is what `build` returned.
 * @throws ConfigError `SBX_NAME` for a bad or repeated name, `SBX_WRONG_UNIT` for a sink in the place of a
 *   source and the like, `SBX_LOOSE_END` for records that would go nowhere, `SBX_FOREIGN_STREAM` for a
 *   stream or table of another topology, `SBX_MERGE` for a merge of nothing or of one stream twice,
 *   `SBX_CO_PARTITION` where sources meet in a stateful operator, `SBX_SAME_PATH` where two sinks write to one
 *   place, `SBX_DEFINED` for what comes too late.
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
  const builder = startBuilder()
  const handles = build(builder.flow)
  if (handles instanceof Promise) {
    throw new ConfigError(
      'its builder is asynchronous; a definition does no I/O, open things in units',
      {
        code: 'SBX_DEFINED',
        node: name,
      },
    )
  }
  const nodes = builder.finish(options)
  return Object.freeze({ kind: 'topology', name, nodes, handles })
}

/** Collects nodes while the user's function runs, then checks that nothing is left open. */
function startBuilder() {
  const nodes: TopologyNode[] = []
  const names = new Map<string, string>([[REJECTS, REJECTS]])
  const taken = new Set<string>()
  const streams = new WeakSet<object>()
  const tables = new WeakSet<object>()
  let closed = false

  const add = (node: TopologyNode): void => {
    checkName(node.name, 'node')
    if (closed) {
      throw new ConfigError('the topology is defined already; add nodes inside the builder', {
        code: 'SBX_DEFINED',
        node: node.name,
      })
    }
    // Names become names of files, and some file systems know no case.
    const same = names.get(node.name.toLowerCase())
    if (same !== undefined) {
      throw new ConfigError(
        same === REJECTS
          ? `the name '${node.name}' is kept for the table that takes rejected records; choose another`
          : `the name '${same}' is used already; a node's name is the identity of its state, and case makes no difference: choose another`,
        { code: 'SBX_NAME', node: node.name },
      )
    }
    names.set(node.name.toLowerCase(), node.name)
    nodes.push(node)
  }
  const take = (stream: Stream<never>, by: string): Outgoing => {
    if (!streams.has(stream)) {
      throw new ConfigError(
        `its input ${named(stream)} is no stream of this topology; use one that its own flow returned`,
        { code: 'SBX_FOREIGN_STREAM', node: by },
      )
    }
    taken.add(edgeKey({ node: stream.name, port: stream.port }))
    return { node: stream.name, port: stream.port }
  }

  const stream = (node: string, port = 'out'): Stream<never> => {
    const addOperator = (name: string, unit: Operator<never, unknown, unknown>): void => {
      checkUnit(name, unit, 'operator')
      add({ kind: 'operator', name, unit, input: take(self, name) })
    }
    const addSink = (name: string, unit: Sink<never> | Table<never>, kind: string): void => {
      checkUnit(name, unit, kind)
      add({ kind: 'sink', name, unit, inputs: [take(self, name)] })
    }
    const verbs = {
      kind: 'stream' as const,
      name: node,
      port,
      via(name: string, unit: Operator<never, unknown, unknown>) {
        addOperator(name, unit)
        return stream(name)
      },
      split(name: string, unit: Operator<never, unknown, unknown>) {
        addOperator(name, unit)
        const ports = unit.ports.map((port) => [port, stream(name, port)] as const)
        return Object.freeze({ out: stream(name), ...Object.fromEntries(ports) })
      },
      to(name: string, unit: Sink<never>) {
        addSink(name, unit, 'sink')
        return Object.freeze({ kind: 'sink-handle' as const, name })
      },
      toTable(name: string, unit: Table<never>) {
        addSink(name, unit, 'table')
        const handle = { kind: 'table-handle' as const, name, options: unit.options }
        tables.add(handle)
        return Object.freeze(handle)
      },
    }
    const self = Object.freeze(verbs) as unknown as Stream<never>
    streams.add(self)
    return self
  }

  const flow = Object.freeze({
    source(name: string, unit: Source<unknown, unknown>) {
      checkUnit(name, unit, 'source')
      add({ kind: 'source', name, unit })
      return stream(name)
    },
    merge(name: string, ...inputs: readonly Stream<never>[]) {
      if (inputs.length === 0 || new Set(inputs).size < inputs.length) {
        throw new ConfigError(
          `merges ${inputs.length === 0 ? 'no stream' : 'the same stream twice'}; give it each stream once`,
          { code: 'SBX_MERGE', node: name },
        )
      }
      add({ kind: 'merge', name, inputs: inputs.map((input) => take(input, name)) })
      return stream(name)
    },
    models(name: string, unit: ModelsUnit) {
      checkUnit(name, unit, 'models')
      for (const [as, handle] of Object.entries(unit.reads)) {
        if (tables.has(handle)) continue
        throw new ConfigError(
          `reads ${named(handle)} as '${as}', which is no table of this topology; use a handle that its own .toTable(…) returned`,
          { code: 'SBX_FOREIGN_STREAM', node: name },
        )
      }
      const reads = Object.values(unit.reads).map((handle) => handle.name)
      add({ kind: 'models', name, unit, reads })
      return Object.freeze({ kind: 'models-handle' as const, name })
    },
  }) as unknown as Flow<boolean>

  const finish = (options: TopologyOptions | undefined): readonly TopologyNode[] => {
    closed = true
    const isTaken = (outlet: Outgoing): boolean => taken.has(edgeKey(outlet))
    const inputs = untaken(nodes, isTaken, options !== undefined)
    if (options !== undefined) {
      const unit = checkUnit(REJECTS, options.rejects, 'table')
      nodes.push({ kind: 'sink', name: REJECTS, unit, inputs })
    }
    refuseMergedState(nodes)
    refusePartitionNames(nodes)
    refuseSharedPaths(nodes)
    return Object.freeze(nodes.map((node) => Object.freeze(node)))
  }
  return { flow, finish }
}

const edgeKey = ({ node, port }: Outgoing): string => `${node}:${port}`

const named = (handle: { readonly name?: unknown } | undefined): string =>
  typeof handle?.name === 'string' ? `'${handle.name}'` : typeof handle
