import { ConfigError } from '../../core/errors.ts'
import { openLake } from '../../lake/openLake.ts'
import { systemClock } from '../systemClock.ts'
import { checkBytes } from './compact.ts'

export interface CompactRawOptions {
  /** Folder, `s3://bucket/prefix` or `memory:<id>`. */
  readonly lake: string
  /** The folder of raw files in it, such as `bronze/twitter`. */
  readonly path: string
  /** Files of at least half of this size stay; larger ones are not made, bytes. @defaultValue 128 MiB */
  readonly targetBytes?: number
  /** How long after its end an hour counts as closed, ms. @defaultValue 10 minutes */
  readonly closedMs?: number
  /** The lake of the checkpoints, where that is another one. @defaultValue `lake` */
  readonly checkpoints?: string
  /** Gives up between two files. */
  readonly signal?: AbortSignal
}

export interface CompactRawResult {
  /** How many files became how many. */
  readonly filesBefore: number
  readonly filesAfter: number
}

const TARGET_BYTES = 128 << 20
const CLOSED_MS = 10 * 60_000

/**
 * Folds the small `.ndjson` and `.csv` files of each closed hour of Bronze into few larger ones, line by line
 * the same; CSV files keep one header. Whole documents and `.gz` stay as they are.
 *
 * **State** one of the files.
 *
 * **Delivery** every line is in one file before and after. While files change places (one publication and the
 * deletion of at most a thousand files) a plain listing shows lines twice, never none of them; `listRawFiles`
 * shows each once at any time. Killed there, the next call or run ends what was begun.
 *
 * @throws ConfigError `SBX_OPTION`; CheckpointError `SBX_RAW_FILE`, `SBX_RAW_INTENT`
 * @example
 * ```ts
 * const { filesBefore, filesAfter } = await compactRaw({ lake: './lake', path: 'bronze/twitter' })
 * console.log(`${filesBefore} files became ${filesAfter}`)
 * ```
 */
export async function compactRaw(options: CompactRawOptions): Promise<CompactRawResult> {
  const { path, targetBytes = TARGET_BYTES, closedMs = CLOSED_MS } = options
  checkBytes('compactRaw', targetBytes)
  if (!(closedMs >= 0)) {
    throw new ConfigError(`compactRaw: closedMs must be 0 or more, not ${closedMs}`, {
      code: 'SBX_OPTION',
    })
  }
  const [{ rawFolds }, { breather }, { readFileClaims }] = await Promise.all([
    import('../../lake/bronze/rawFolds.ts'),
    import('./breather.ts'),
    import('./fileClaims.ts'),
  ])
  const store = await openLake(options.lake)
  const checkpoints = await openLake(options.checkpoints ?? options.lake)
  const signal = options.signal ?? new AbortController().signal
  const folds = rawFolds({
    ...{ store, path, clock: systemClock, targetBytes, closedMs },
    ...{ claims: () => readFileClaims(checkpoints), breathe: breather(systemClock, 0, signal) },
  })
  let filesBefore = 0
  let filesAfter = 0
  for (let folded = await folds.step(); folded !== undefined; folded = await folds.step()) {
    filesBefore += folded.files
    if (folded.files > 0) filesAfter++
    signal.throwIfAborted()
  }
  return { filesBefore, filesAfter }
}
