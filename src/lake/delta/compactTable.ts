import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { ConfigError } from '../../core/errors.ts'
import type { FileClaims } from '../../core/upkeep.ts'
import type { ObjectStore } from '../objectStore.ts'
import { filePath, type Action, type AddFile } from './actions.ts'
import { checkWritable } from './checkProtocol.ts'
import { chooseFiles, type ChoiceOptions } from './chooseFiles.ts'
import type { DeltaLog } from './deltaLog.ts'
import { deltaColumns } from './deltaSchema.ts'
import { foldFiles } from './foldFiles.ts'
import type { Snapshot } from './snapshot.ts'

export interface CompactionOptions extends ChoiceOptions {
  readonly store: ObjectStore
  readonly log: DeltaLog
  readonly clock: Pick<Clock, 'now'>
  /** Other files stay as they are. @defaultValue all may be folded */
  isWanted?(path: string): boolean
  claims(): Promise<FileClaims>
  breathe(): Promise<void>
}

/** What one step of compaction did. */
export interface Compacted {
  /** Files that became one. */
  readonly files: number
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Of the table; undefined where other writers had removed one of the files, and nothing was changed. */
  readonly version: number | undefined
}

/** Vacuum leaves what the log never named for a day: nothing may be written so long and named then. */
export const UNNAMED_MS = 24 * 3_600_000

/**
 * Folds the small files of one partition into one: an entry of the log that removes them, adds the new file,
 * and says that no data changed. Each try of it rebases on the newest log and gives up where a file that it
 * removes is gone, or the table's columns have changed. The files of every task's newest checkpoint stay.
 *
 * @returns undefined where there is nothing to fold
 * @throws ConfigError SBX_DELTA_PROTOCOL for a table beyond reader version 1 or writer version 2,
 *   SBX_DELTA_SCHEMA for columns of unknown types; CheckpointError SBX_DELTA_LOG_DAMAGED, SBX_DELTA_FILE
 */
export async function compactStep(options: CompactionOptions): Promise<Compacted | undefined> {
  const { store, log, clock } = options
  const before = await log.snapshot()
  if (before.metadata === undefined) return undefined
  checkWritable(log.path, before, [])
  const columns = storedColumns(log.path, before)
  const unwanted = (file: string): boolean => options.isWanted?.(file) === false
  // Reading the checkpoints costs more than looking whether there is anything to do.
  if (chooseFiles(before.files.values(), unwanted, options) === undefined) return undefined
  // After the log: what it names then is committed, and a newer checkpoint does not name it.
  const { isNamed } = await options.claims()
  const spared = (file: string): boolean => unwanted(file) || isNamed(`${log.path}/${file}`)
  const files = chooseFiles(before.files.values(), spared, options)
  if (files === undefined) return undefined
  const startedMs = clock.now()
  const { path } = log
  const made = await foldFiles({ store, path, columns, breathe: options.breathe }, files)
  let isGone = false
  const after = await log.commit((newest) => {
    const isLate = clock.now() - startedMs >= UNNAMED_MS / 2
    isGone = isLate || hasChanged(before, newest, files)
    return isGone ? [] : entryOf(files, { ...made, now: clock.now() })
  })
  // Every try before was refused for good, so no entry will ever name it.
  if (isGone) await store.remove(`${path}/${filePath(made.path)}`)
  return {
    files: files.length,
    bytesBefore: files.reduce((bytes, { size }) => bytes + size, 0),
    bytesAfter: made.size,
    version: isGone ? undefined : after.version,
  }
}

function storedColumns(path: string, { metadata }: Snapshot) {
  const { schemaString, partitionColumns } = metadata!
  const { columns, unknown } = deltaColumns(schemaString)
  if (unknown.length === 0) return columns.filter(({ name }) => !partitionColumns.includes(name))
  throw new ConfigError(
    `the Delta table ${path} has columns of types that are not known here: ${unknown.join(', ')}. Compact it with the tool that made it`,
    { code: 'SBX_DELTA_SCHEMA' },
  )
}

function hasChanged(before: Snapshot, newest: Snapshot, files: readonly AddFile[]): boolean {
  return (
    newest.metadata?.id !== before.metadata?.id ||
    newest.metadata?.schemaString !== before.metadata?.schemaString ||
    newest.metadata?.partitionColumns.join() !== before.metadata?.partitionColumns.join() ||
    files.some(({ path }) => !newest.files.has(filePath(path)))
  )
}

type Made = Pick<AddFile, 'path' | 'partitionValues' | 'size' | 'stats'>

function entryOf(
  files: readonly AddFile[],
  { now, ...made }: Made & { readonly now: number },
): readonly Action[] {
  return [
    {
      commitInfo: {
        timestamp: now,
        operation: 'OPTIMIZE',
        operationParameters: {},
        isBlindAppend: false,
        engineInfo: 'sluicebox',
        txnId: randomUUID(),
      },
    },
    ...files.map(({ path, partitionValues, size }) => ({
      remove: {
        ...{ path, deletionTimestamp: now, dataChange: false, extendedFileMetadata: true },
        ...{ partitionValues, size },
      },
    })),
    { add: { ...made, modificationTime: now, dataChange: false } },
  ]
}
