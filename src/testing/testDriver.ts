import { randomUUID } from 'node:crypto'
import {
  REJECTS,
  type SinkHandle,
  type Stream,
  type TableHandle,
  type Topology,
  type TopologyNode,
} from '../core/topology.ts'
import type { Rejected } from '../core/unit.ts'
import { closeLake } from '../lake/openLake.ts'
import type { RunResult } from '../runtime/result.ts'
import { run } from '../runtime/run.ts'
import { captureSink, type Captured } from './captureSink.ts'
import { pipedSource, type PipedSource } from './pipedSource.ts'
import { virtualClock } from './virtualClock.ts'

/** What a record of a stream may be written as in a test: bytes also as text. */
export type TestRecord<T> = T extends Uint8Array ? T | string : T

export interface PipeOptions {
  /** The source partition. @defaultValue 0 */
  readonly partition?: number
  /** The shape that the source would have recognised. */
  readonly shape?: string
  /** The columns of the CSV file that the records come from. */
  readonly header?: readonly string[]
}

/** A topology under test. */
export interface TestDriver {
  /** Puts records into a source; they are read by the next `process`. */
  pipe<T>(source: Stream<T>, records: readonly TestRecord<T>[], options?: PipeOptions): void
  /** Runs the topology over what was piped since the last call, commits, and stops: as a restart would. */
  process(): Promise<RunResult>
  /** Everything that was published to a sink or table so far, in order. */
  read<T>(handle: SinkHandle<T> | TableHandle<T>): readonly T[]
  /** Everything that was rejected or late and not split off. */
  rejected(): readonly Rejected[]
  /** Moves the clock. */
  advance(byMs: number): Promise<void>
  now(): number
  close(): void
}

/**
 * Runs a topology in a test: the production runtime, checkpoints and all, with its sources and sinks
 * replaced by memory, on a clock that the test moves. Models are left out. Each `process` is a life of its
 * own that goes on from the checkpoint of the one before.
 *
 * @example
 * ```ts
 * const driver = testDriver(topology)
 * driver.pipe(topology.handles.tweets, ['{"id":"1"}', '{"id":"1"}', 'no json'])
 * await driver.process()
 * driver.read(topology.handles.silver) // one row
 * driver.rejected()[0]?.reason // 'broken_record'
 * ```
 */
export function testDriver(
  topology: Topology,
  options: { readonly startMs?: number } = {},
): TestDriver {
  const clock = virtualClock(options.startMs)
  const lake = `memory:test-${randomUUID()}`
  const sources = new Map<string, PipedSource>()
  const sinks = new Map<string, Captured>()
  const nodes = topology.nodes.flatMap((node): TopologyNode[] => {
    if (node.kind === 'models') return []
    if (node.kind === 'source') {
      const piped = pipedSource(node.name, node.unit.ports)
      sources.set(node.name, piped)
      return [{ ...node, unit: piped.source }]
    }
    if (node.kind === 'sink') {
      const captured = captureSink(node.unit)
      sinks.set(node.name, captured)
      return [{ ...node, unit: captured.sink }]
    }
    return [node]
  })
  const inMemory: Topology = { ...topology, nodes }
  return {
    pipe(source, records, pipeOptions = {}) {
      sources.get(source.name)!.push(records, clock.now(), pipeOptions)
    },
    process: () => run(inMemory, { lake, clock, batchBytes: 1024 }).done,
    read: (handle) => sinks.get(handle.name)!.records as never,
    rejected: () => (sinks.get(REJECTS)?.records ?? []) as readonly Rejected[],
    advance: clock.advance,
    now: clock.now,
    close: () => closeLake(lake),
  }
}
