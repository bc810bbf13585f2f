import type { SinkNode } from '../../core/topology.ts'
import type { PreparedFile } from '../../core/unit.ts'
import type { Ledger } from '../ledger.ts'
import type { Writers } from './openWriters.ts'

/** An epoch of a chain that is being made durable. */
export interface Preparing {
  /** From here on batches belong to the next epoch: all writers know where this one ends. */
  readonly cut: Promise<unknown>
  readonly done: Promise<PreparedChain>
}

/** The files that the sinks of one chain made durable, by sink node, and what its records met. */
export interface PreparedChain {
  readonly files: Readonly<Record<string, readonly PreparedFile[]>>
  readonly ledger: Ledger
}

/** Makes what the writers of a task hold durable; `ledger` is what its records met. */
export function prepareWriters(
  sinks: readonly SinkNode[],
  writers: Writers,
  ledger: Ledger,
): Preparing {
  const cuts: Promise<unknown>[] = []
  const preparing = writers.map(async (writer, at) => {
    const files = writer.prepare()
    if (writer.cutsAtOnce !== true) cuts.push(files)
    return [sinks[at]!.name, await files] as const
  })
  const done = Promise.all(preparing).then((all) => ({ files: Object.fromEntries(all), ledger }))
  return { cut: Promise.all(cuts), done }
}
