import type { Rejected, Sink, Table } from '../core/unit.ts'

/** A sink whose published records a test can read. */
export interface Captured {
  readonly sink: Sink<never> | Table<never>
  readonly records: readonly unknown[]
}

/**
 * Stands in for a sink: keeps in memory what was prepared and shows it once it is published, each epoch
 * once. What an epoch prepared is named by a key, as a file would be.
 */
export function captureSink(original: Sink<never> | Table<never>): Captured {
  const prepared = new Map<string, readonly unknown[]>()
  const published = new Set<string>()
  const records: unknown[] = []
  const sink = {
    kind: original.kind,
    type: original.type,
    options: {},
    rank: original.rank,
    openWriter({ task, node, epoch, attempt }) {
      let open: unknown[] = []
      return {
        write: (record: never) => void open.push(owned(record)),
        async relieve() {},
        async prepare() {
          if (open.length === 0) return []
          const key = `${node}/${task}-${epoch()}-${attempt()}`
          prepared.set(key, open)
          const file = { key, bytes: 0, checksum: 0, records: open.length }
          open = []
          return [file]
        },
        async close() {},
      }
    },
    async openPublisher() {
      return {
        async publish({ files }) {
          for (const { key } of files) {
            if (published.has(key)) continue
            const rows = prepared.get(key)
            if (rows === undefined) return { missing: key }
            records.push(...rows)
            published.add(key)
          }
          return {}
        },
        async discard(files) {
          for (const { key } of files) prepared.delete(key)
        },
        clean: async () => 0,
      }
    },
  } satisfies Sink<never> | Table<never>
  return { sink: Object.freeze(sink), records }
}

/** Rejected records carry a view of the source's buffer: a test that keeps them needs a copy. */
function owned(record: unknown): unknown {
  const rejected = record as Partial<Rejected> | null
  if (typeof rejected !== 'object' || !(rejected?.raw instanceof Uint8Array)) return record
  return { ...rejected, raw: Uint8Array.from(rejected.raw) }
}
