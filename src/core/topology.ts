import type { ModelsUnit } from './models.ts'
import type { Operator, Rejected, Sink, Source, Table } from './unit.ts'

/** One outlet of one node: `out` is the main one. */
export interface Outgoing {
  readonly node: string
  readonly port: string
}

export interface SourceNode {
  readonly kind: 'source'
  readonly name: string
  readonly unit: Source<unknown, unknown>
}
export interface OperatorNode {
  readonly kind: 'operator'
  readonly name: string
  readonly unit: Operator<never, unknown, unknown>
  readonly input: Outgoing
}
export interface MergeNode {
  readonly kind: 'merge'
  readonly name: string
  readonly inputs: readonly Outgoing[]
}
export interface SinkNode {
  readonly kind: 'sink'
  readonly name: string
  readonly unit: Sink<never> | Table<never>
  readonly inputs: readonly Outgoing[]
}
export interface ModelsNode {
  readonly kind: 'models'
  readonly name: string
  readonly unit: ModelsUnit
  /** Node names of the tables that it reads. */
  readonly reads: readonly string[]
}
export type TopologyNode = SourceNode | OperatorNode | MergeNode | SinkNode | ModelsNode

/** Where a node takes records from. */
export function inputsOf(node: TopologyNode): readonly Outgoing[] {
  if (node.kind === 'source' || node.kind === 'models') return []
  return node.kind === 'operator' ? [node.input] : node.inputs
}

/** The node that takes every rejected and late record which is not split off. */
export const REJECTS = 'rejects'

/** What `defineTopology` returns: the whole flow as data. Nothing has been opened. */
export interface Topology<Handles extends object = object> {
  readonly kind: 'topology'
  readonly name: string
  /** In order of definition: every node stands behind its inputs, `rejects` last. */
  readonly nodes: readonly TopologyNode[]
  /** What the builder returned: tests and callers find their streams and tables here, typed. */
  readonly handles: Handles
}

/** A sink that was attached. */
export interface SinkHandle<In = unknown> {
  readonly kind: 'sink-handle'
  readonly name: string
  readonly _in?: () => In
}

/** A table that was attached: models read it. */
export interface TableHandle<Row = unknown> {
  readonly kind: 'table-handle'
  readonly name: string
  /** The unit's options: where the table is. */
  readonly options: Readonly<Record<string, unknown>>
  readonly _row?: () => Row
}

export interface ModelsHandle {
  readonly kind: 'models-handle'
  readonly name: string
}

type Fate = 'rejected' | 'late'

/** What stands in the way where a node rejects records and nobody takes them. */
interface NobodyTakesRejects {
  readonly 'this rejects records: give defineTopology({ rejects }), or take its ports with split': never
}
type Covered<Ports, Rejects extends boolean> = Rejects extends true
  ? unknown
  : keyof Ports & Fate extends never
    ? unknown
    : NobodyTakesRejects

/**
 * A typed edge. Each verb adds one node under a required, unique name: the identity of its state.
 * A stream may be used any number of times; each use gets every record.
 */
export interface Stream<T, Rejects extends boolean = boolean> {
  readonly kind: 'stream'
  readonly name: string
  readonly port: string
  readonly _t?: () => T
  /** Adds an operator; its rejected and late records go to the topology's `rejects`. */
  via<Out, Ports>(
    name: string,
    operator: Operator<T, Out, Ports> & Covered<Ports, Rejects>,
  ): Stream<Out, Rejects>
  /** Adds an operator and hands out all its ports by name. */
  split<Out, Ports>(
    name: string,
    operator: Operator<T, Out, Ports>,
  ): { readonly out: Stream<Out, Rejects> } & {
    readonly [Port in keyof Ports]: Stream<Ports[Port], Rejects>
  }
  /** Ends in a sink. */
  to(name: string, sink: Sink<T>): SinkHandle<T>
  /** Ends in a table that models may read. */
  toTable(name: string, table: Table<T>): TableHandle<T>
}

/** What the builder of a topology is given. */
export interface Flow<Rejects extends boolean> {
  source<Out, Ports>(
    name: string,
    source: Source<Out, Ports> & Covered<Ports, Rejects>,
  ): Stream<Out, Rejects>
  /** Joins streams without order between them; their inputs remain tasks of their own. */
  merge<const Streams extends readonly [Stream<unknown, Rejects>, ...Stream<unknown, Rejects>[]]>(
    name: string,
    ...streams: Streams
  ): Stream<
    Streams[number] extends infer S ? (S extends Stream<infer T, Rejects> ? T : never) : never,
    Rejects
  >
  /** Adds a project of SQL models over tables. */
  models(name: string, models: ModelsUnit): ModelsHandle
}

export interface TopologyOptions {
  /** Takes every rejected and late record that is not split off. */
  readonly rejects: Table<Rejected>
}
