import type { Column } from '../../core/columns.ts'
import { dayText } from '../../core/timestamp.ts'
import type { Rejected, Table } from '../../core/unit.ts'
import { checkKey } from '../../lake/checkKey.ts'
import { openLake } from '../../lake/openLake.ts'

export interface QuarantineTableOptions {
  /** Folder, `s3://bucket/prefix` or `memory:<id>`. */
  readonly lake: string
  /** Where in the lake. @defaultValue `quarantine` */
  readonly path?: string
  /** What stands in the column `platform` for a source node. @defaultValue the node's name */
  readonly platforms?: Readonly<Record<string, string>>
}

const DAY_MS = 86_400_000
const PARTITION_BY = Object.freeze(['platform', 'date'])
const COLUMNS: readonly Column[] = Object.freeze([
  { name: 'platform', type: 'string', nullable: false },
  { name: 'date', type: 'date', nullable: false },
  { name: 'fate', type: 'string', nullable: false },
  { name: 'reason', type: 'string', nullable: false },
  { name: 'detail', type: 'string', nullable: false },
  { name: 'node', type: 'string', nullable: false },
  { name: 'raw', type: 'binary', nullable: false },
  { name: 'source', type: 'string', nullable: false },
  { name: 'position', type: 'string', nullable: false },
  { name: 'ingested_at', type: 'timestamp', nullable: false },
  { name: 'run_id', type: 'string', nullable: false },
])

/**
 * Keeps every rejected and late record, with its bytes, why and where it was turned down and where it came
 * from, in a Delta table partitioned by `platform` (the source node, or what `platforms` names it) and `date` (the UTC day of ingestion).
 *
 * **State** what is not written yet, within the writer's memory bound; a raw record may have 16 MiB.
 *
 * **Delivery** exactly once, as `deltaTable`.
 *
 * @throws ConfigError `SBX_LAKE_KEY`; later the same as `deltaTable`
 * @example
 * ```ts
 * defineTopology('tweet-lake', { rejects: quarantineTable({ lake: './lake' }) }, (flow) => {
 *   const tweets = flow.source('tweets', landingFiles({ path: './landing' }))
 *   return { bronze: tweets.to('bronze', rawFiles({ lake: './lake', path: 'bronze' })) }
 * })
 * ```
 */
export function quarantineTable(options: QuarantineTableOptions): Table<Rejected> {
  const { lake, path = 'quarantine', platforms = {} } = options
  const platformOf = new Map(Object.entries(platforms))
  checkKey(path)
  return Object.freeze<Table<Rejected>>({
    kind: 'table',
    type: 'quarantineTable',
    options: {
      lake,
      path,
      partitionBy: PARTITION_BY,
      columns: COLUMNS.map((column) => ({ ...column })),
    },
    rank: 'quarantine',
    async openWriter(context) {
      const { partitionedWriter } = await import('../../lake/partitionedWriter.ts')
      const writer = partitionedWriter({
        context,
        columns: COLUMNS,
        partitionBy: PARTITION_BY,
        path,
        open: async (key) => (await openLake(lake)).openWriter(key),
      })
      return {
        ...writer,
        write(record, envelope) {
          const { fate, reason, detail, node, raw, source, position, ingestedAtMs } = record
          const row = {
            platform: platformOf.get(record.origin) ?? record.origin,
            date: dayText(Math.floor(ingestedAtMs / DAY_MS)),
            ...{ fate, reason, detail, node, raw, source, position },
            ingested_at: Math.floor(ingestedAtMs * 1000),
            run_id: context.runId,
          }
          writer.write(row, envelope)
        },
      }
    },
    async openPublisher(context) {
      const { openDeltaPublisher } = await import('./deltaPublisher.ts')
      const table = { path, columns: COLUMNS, partitionBy: PARTITION_BY }
      return openDeltaPublisher({ store: await openLake(lake), ...table, context })
    },
    async openUpkeep(context) {
      const { tableUpkeep } = await import('../../lake/delta/tableUpkeep.ts')
      return tableUpkeep(await openLake(lake), path, context)
    },
  })
}
