import { ConfigError } from '../core/errors.ts'
import type { Sink } from '../core/unit.ts'
import { checkKey } from '../lake/checkKey.ts'
import { openLake } from '../lake/openLake.ts'

export interface RawFilesOptions {
  /** Folder, `s3://bucket/prefix` or `memory:<id>`. */
  readonly lake: string
  /** Where in the lake, such as `bronze/twitter`. */
  readonly path: string
  /** A file that has reached this size is finished and the next one begun, in bytes. @defaultValue 128 MiB */
  readonly maxFileBytes?: number
}

const DEFAULT_MAX_FILE_BYTES = 128 * 1024 * 1024

/**
 * Keeps the bytes of every record as they came, in files by the hour of their arrival. They are
 * `<path>/ingest_date=YYYY-MM-DD/hour=HH/<task>-<epoch>-<attempt>-<n>.<extension>` (UTC, when the file
 * was begun). On a source's own stream it writes whole batches: NDJSON and CSV are appended to one file an
 * epoch and header, files that are read whole (`.gz`, JSON documents) are copied. Behind operators it
 * writes each record's raw slice. Values of Kafka stand one on a line; a value with a line feed in it, an
 * empty or null one, or one with headers becomes one JSON object with base64 inside.
 *
 * In streaming mode the small files of an hour that is over are folded into few; `listRawFiles` lists them
 * without repeats meanwhile.
 *
 * **State**: none; up to 16 open files with 1 MiB each.
 *
 * **Delivery**: exactly once. Files wait invisible until their epoch is committed, are then published one
 * by one, and never overwrite anything.
 *
 * @throws ConfigError `SBX_RAW_OPTIONS`, `SBX_LAKE_KEY`; SinkError `SBX_LAKE_…`,
 *   `SBX_RAW_FILE_CHANGED`; CheckpointError `SBX_PUBLISH_CONFLICT`, `SBX_RAW_CHECKPOINT`
 * @example
 * ```ts
 * tweets.to('bronze', rawFiles({ lake: './lake', path: 'bronze/twitter' }))
 * ```
 */
export function rawFiles(options: RawFilesOptions): Sink<Uint8Array> {
  const { lake, path, maxFileBytes = DEFAULT_MAX_FILE_BYTES } = options
  checkKey(path)
  if (!Number.isSafeInteger(maxFileBytes) || maxFileBytes < 1) {
    throw new ConfigError(
      `rawFiles: maxFileBytes is ${maxFileBytes}; give a whole number above 0`,
      {
        code: 'SBX_RAW_OPTIONS',
      },
    )
  }
  return Object.freeze<Sink<Uint8Array>>({
    kind: 'sink',
    type: 'rawFiles',
    options: { lake, path, maxFileBytes },
    rank: 'bronze',
    async openWriter(context) {
      const [{ rawRecords }, { rawFileSet }] = await Promise.all([
        import('./raw/rawRecords.ts'),
        import('./raw/rawFileSet.ts'),
      ])
      const prefix = `w${context.writer}_`
      return rawRecords(rawFileSet({ lake: open(lake), path, maxFileBytes, context, prefix }))
    },
    async openBatchWriter(context) {
      const [{ rawBatches }, { rawFileSet }] = await Promise.all([
        import('./raw/rawBatches.ts'),
        import('./raw/rawFileSet.ts'),
      ])
      return rawBatches(rawFileSet({ lake: open(lake), path, maxFileBytes, context, prefix: '' }))
    },
    async openPublisher(context) {
      const { rawPublisher } = await import('./raw/rawPublisher.ts')
      return rawPublisher(await openLake(lake), path, context)
    },
    async openUpkeep(context) {
      const { rawUpkeep } = await import('../lake/bronze/rawUpkeep.ts')
      return rawUpkeep(await openLake(lake), path, context)
    },
  })
}

/** A lake that can't be opened is reported by the first write. */
function open(lake: string): ReturnType<typeof openLake> {
  const store = openLake(lake)
  store.catch(() => {})
  return store
}
