import type { SinkNode } from '../../core/topology.ts'
import type { Writer, WriterContext } from '../../core/unit.ts'

/** Of one task, in the order of the sinks. */
export type Writers = readonly Writer<never>[]

/** Opens a writer for each sink, or none of them. */
export async function openWriters(
  sinks: readonly SinkNode[],
  writerContext: (node: string) => WriterContext,
): Promise<Writers> {
  const writers: Writer<never>[] = []
  try {
    for (const { name, unit } of sinks) writers.push(await unit.openWriter(writerContext(name)))
  } catch (error) {
    await Promise.allSettled(writers.map((writer) => writer.close()))
    throw error
  }
  return writers
}
