import { ConfigError } from '../../core/errors.ts'
import type { DeltaLog } from '../../lake/delta/deltaLog.ts'
import { openLake } from '../../lake/openLake.ts'
import { systemClock } from '../systemClock.ts'

export interface CompactOptions {
  /** Folder, `s3://bucket/prefix` or `memory:<id>`. */
  readonly lake: string
  /** The table's folder in it, such as `silver/posts`. */
  readonly path: string
  /** Files of at least half of this size stay; larger ones are not made, bytes. @defaultValue 128 MiB */
  readonly targetBytes?: number
  /** The lake of the checkpoints, where that is another one. @defaultValue `lake` */
  readonly checkpoints?: string
  /** Gives up between two files. */
  readonly signal?: AbortSignal
}

export interface CompactResult {
  /** How many files became how many. */
  readonly filesBefore: number
  readonly filesAfter: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

const TARGET_BYTES = 128 << 20
const MAX_FILES = 10_000
/** Where other writers take files away all the time, nobody waits for ever. */
const MOST_GIVEN_UP = 10

/**
 * Folds the small files that a Delta table has now into few larger ones, partition by partition, while others
 * write to it and read from it: every entry of the log leaves the same rows and says that no data changed.
 *
 * **State** one small file, the row group that is written (32 MiB), and the table's log.
 *
 * **Delivery** each entry replaces some files in one step, or not at all: it is rebased on whatever came
 * meanwhile, and given up where one of the files is gone. The files that were replaced stay for readers of
 * older versions until `vacuum`. A process that is killed leaves a file that nothing names, for `vacuum` too.
 *
 * @throws ConfigError `SBX_OPTION`, `SBX_NO_TABLE`, `SBX_DELTA_PROTOCOL`, `SBX_DELTA_SCHEMA`,
 *   `SBX_MISSING_PEER`; CheckpointError `SBX_DELTA_LOG_DAMAGED`, `SBX_DELTA_FILE`
 * @example
 * ```ts
 * const { filesBefore, filesAfter } = await compact({ lake: './lake', path: 'silver/posts' })
 * console.log(`${filesBefore} files became ${filesAfter}`)
 * ```
 */
export async function compact(options: CompactOptions): Promise<CompactResult> {
  const { path, targetBytes = TARGET_BYTES } = options
  checkBytes('compact', targetBytes)
  const [{ compactStep }, { deltaLog }, { breather }, { readFileClaims }] = await Promise.all([
    import('../../lake/delta/compactTable.ts'),
    import('../../lake/delta/deltaLog.ts'),
    import('./breather.ts'),
    import('./fileClaims.ts'),
  ])
  const store = await openLake(options.lake)
  const checkpoints = await openLake(options.checkpoints ?? options.lake)
  const log = deltaLog({ store, path, clock: systemClock })
  await refuseMissing(log, store.url)
  // What others add meanwhile is left for the next time: there may be no end to it.
  const { files } = await log.snapshot()
  const signal = options.signal ?? new AbortController().signal
  const step = {
    ...{ store, log, clock: systemClock, targetBytes, minFiles: 2, maxFiles: MAX_FILES },
    ...{
      tiered: false,
      isWanted: (file: string) => files.has(file),
      claims: () => readFileClaims(checkpoints),
      breathe: breather(systemClock, 0, signal),
    },
  }
  const result = { filesBefore: 0, filesAfter: 0, bytesBefore: 0, bytesAfter: 0 }
  for (let givenUp = 0; givenUp < MOST_GIVEN_UP;) {
    signal.throwIfAborted()
    const done = await compactStep(step)
    if (done === undefined) break
    if (done.version === undefined) {
      givenUp++
      continue
    }
    result.filesBefore += done.files
    result.filesAfter++
    result.bytesBefore += done.bytesBefore
    result.bytesAfter += done.bytesAfter
  }
  return result
}

/** @throws ConfigError SBX_OPTION */
export function checkBytes(of: string, targetBytes: number): void {
  if (Number.isSafeInteger(targetBytes) && targetBytes > 0) return
  throw new ConfigError(`${of}: targetBytes must be a whole number above 0, not ${targetBytes}`, {
    code: 'SBX_OPTION',
  })
}

/** @throws ConfigError SBX_NO_TABLE */
export async function refuseMissing(log: DeltaLog, lake: string): Promise<void> {
  if ((await log.snapshot()).version >= 0) return
  throw new ConfigError(
    `there is no Delta table at ${log.path} in ${lake}: no entry of a log lies there. Name the table's own folder`,
    { code: 'SBX_NO_TABLE' },
  )
}
