import type { Rejected, Sink, Table } from '../core/unit.ts'
import { memorySink } from '../sinks/memorySink.ts'

/** A sink whose published records a test can read. */
export interface Captured {
  readonly sink: Sink<never> | Table<never>
  readonly records: readonly unknown[]
}

/** Stands in for a sink or table: what is published to it stays in memory. */
export function captureSink({ kind, type, rank }: Sink<never> | Table<never>): Captured {
  const kept = memorySink<unknown>()
  const sink = {
    ...kept,
    ...{ kind, type, rank },
    async openWriter(context) {
      const writer = await kept.openWriter(context)
      return { ...writer, write: (record, envelope) => writer.write(owned(record), envelope) }
    },
  } satisfies Sink<never> | Table<never>
  return { sink: Object.freeze(sink), records: kept.records }
}

/** Rejected records carry a view of the source's buffer: a test that keeps them needs a copy. */
function owned(record: unknown): unknown {
  const rejected = record as Partial<Rejected> | null
  if (typeof rejected !== 'object' || !(rejected?.raw instanceof Uint8Array)) return record
  return { ...rejected, raw: Uint8Array.from(rejected.raw) }
}
