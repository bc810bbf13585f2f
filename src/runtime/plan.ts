import { inputsOf } from '../core/topology.ts'
import type { ModelsNode, SinkNode, SourceNode, Topology, TopologyNode } from '../core/topology.ts'

/** What one source's tasks run: the source and every node that its records can reach. */
export interface Plan {
  /** Node name of the source; also the name of its task, or the beginning of it. */
  readonly source: string
  readonly sourceNode: SourceNode
  /** In order of definition, without the source itself and without batch sinks. */
  readonly nodes: readonly TopologyNode[]
  /** Sinks right at the source that take whole batches. */
  readonly batchSinks: readonly SinkNode[]
  /** Sinks in publishing order: bronze, quarantine, the others. */
  readonly sinks: readonly SinkNode[]
  /** Sources whose records reach a sink that writes what this source reads: a micro-batch reads behind them. */
  readonly waitsFor: readonly string[]
}

const RANKS = ['bronze', 'quarantine', 'silver']

/** Cuts a topology into the parts that run on their own: one a source, one a models node. */
export function planTopology(topology: Topology): {
  readonly flows: readonly Plan[]
  readonly models: readonly ModelsNode[]
} {
  const flows = topology.nodes
    .filter((node) => node.kind === 'source')
    .map((source) => {
      const reached = reachedFrom(source, topology.nodes)
      const sinks = reached.filter((node) => node.kind === 'sink')
      const batchSinks = sinks.filter(
        (sink) =>
          sink.unit.openBatchWriter !== undefined &&
          sink.inputs.every((input) => input.node === source.name && input.port === 'out'),
      )
      return {
        source: source.name,
        sourceNode: source,
        nodes: reached.filter((node) => !batchSinks.includes(node as SinkNode)),
        batchSinks,
        sinks: sinks.toSorted((a, b) => RANKS.indexOf(a.unit.rank) - RANKS.indexOf(b.unit.rank)),
        waitsFor: feedersOf(source, topology.nodes),
      }
    })
  return { flows, models: topology.nodes.filter((node) => node.kind === 'models') }
}

function reachedFrom(source: SourceNode, nodes: readonly TopologyNode[]): TopologyNode[] {
  const names = new Set([source.name])
  return nodes.filter((node) => {
    if (!inputsOf(node).some((input) => names.has(input.node))) return false
    names.add(node.name)
    return true
  })
}

/** In a circle of topics nobody can wait for everybody else: there, nobody does. */
function feedersOf(source: SourceNode, nodes: readonly TopologyNode[]): string[] {
  const direct = (of: SourceNode): SourceNode[] =>
    nodes.filter(
      (node): node is SourceNode =>
        node.kind === 'source' &&
        of.unit.readsFrom !== undefined &&
        reachedFrom(node, nodes).some(
          (sink) => sink.kind === 'sink' && sink.unit.writesTo === of.unit.readsFrom,
        ),
    )
  const leadsBack = (from: SourceNode, seen = new Set<string>()): boolean =>
    direct(from).some((feeder) => {
      if (feeder.name === source.name) return true
      if (seen.has(feeder.name)) return false
      seen.add(feeder.name)
      return leadsBack(feeder, seen)
    })
  return direct(source)
    .filter((feeder) => feeder.name !== source.name && !leadsBack(feeder))
    .map((feeder) => feeder.name)
}
