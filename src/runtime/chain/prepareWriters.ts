import type { SinkNode } from '../../core/topology.ts'
import type { PreparedFile, Writer } from '../../core/unit.ts'
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
  const named = writers.map((writer, at) => [sinks[at]!.name, writer] as const)
  const { cut, files } = prepareFiles(named)
  return { cut, done: files.then((prepared) => ({ files: prepared, ledger })) }
}

/** Has each make what it holds durable: writers of a chain, or those of whole batches. */
export function prepareFiles(
  writers: Iterable<readonly [node: string, writer: Pick<Writer<never>, 'prepare' | 'cutsAtOnce'>]>,
): {
  /** As `Preparing`'s. */
  readonly cut: Promise<unknown>
  readonly files: Promise<PreparedChain['files']>
} {
  const cuts: Promise<unknown>[] = []
  const preparing = [...writers].map(async ([node, writer]) => {
    const files = writer.prepare()
    if (writer.cutsAtOnce !== true) cuts.push(files)
    return [node, await files] as const
  })
  const files = Promise.all(preparing).then((all) => Object.fromEntries(all))
  return { cut: Promise.all(cuts), files }
}
