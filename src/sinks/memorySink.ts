import { SinkError } from '../core/errors.ts'
import type { PreparedFile, Publisher, Sink, Writer, WriterContext } from '../core/unit.ts'

/** A sink whose records can be looked at. */
export interface MemorySink<In> extends Sink<In> {
  /** What was published, in order of publication. */
  readonly records: readonly In[]
}

/**
 * Keeps records in memory, for tests. They appear when their epoch is published, as in a real sink.
 *
 * **Delivery**: each once, for as long as this object lives: nothing survives the process, and records
 * of worker threads don't reach it (runs inline only).
 *
 * @throws SinkError `SBX_MEMORY_SINK_GONE` where the records of a committed epoch are not here
 * @example
 * ```ts
 * const kept = memorySink<Post>()
 * posts.to('kept', kept)
 * // after the run: kept.records
 * ```
 */
export function memorySink<In>(): MemorySink<In> {
  const prepared = new Map<string, readonly In[]>()
  const published = new Set<string>()
  const records: In[] = []

  const publisher: Publisher = {
    publish: async ({ files, node }) => {
      for (const { key } of files) {
        if (published.has(key)) continue
        const found = prepared.get(key)
        if (found === undefined) throw gone(key, node)
        for (const record of found) records.push(record)
        published.add(key)
        prepared.delete(key)
      }
      return {}
    },
    discard: async (files) => {
      for (const { key } of files) prepared.delete(key)
    },
    clean: async () => 0,
  }

  return Object.freeze<MemorySink<In>>({
    kind: 'sink',
    type: 'memorySink',
    options: {},
    rank: 'silver',
    get records() {
      return records
    },
    openWriter: (context) => memoryWriter(context, prepared),
    openPublisher: async () => publisher,
  })
}

function memoryWriter<In>(
  context: WriterContext,
  prepared: Map<string, readonly In[]>,
): Writer<In> {
  let held: In[] = []
  return {
    write: (record) => void held.push(record),
    relieve: async () => {},
    prepare: async (): Promise<readonly PreparedFile[]> => {
      if (held.length === 0) return []
      const { node, task, writer } = context
      const key = `${node}/${task}-${context.epoch()}-${context.attempt()}-${writer}`
      const file = { key, bytes: 0, checksum: 0, records: held.length }
      prepared.set(key, held)
      held = []
      return [file]
    },
    close: async () => {
      held = []
    },
  }
}

function gone(key: string, node: string): SinkError {
  return new SinkError(
    `the records of ${key} are not in this memorySink: they were taken by another process or thread. ` +
      'Run the topology inline, in one process, or use a sink that writes to the lake',
    { code: 'SBX_MEMORY_SINK_GONE', node },
  )
}
