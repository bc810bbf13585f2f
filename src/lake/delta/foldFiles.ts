import { randomBytes } from 'node:crypto'
import { CheckpointError, ConfigError } from '../../core/errors.ts'
import type { Column } from '../../core/columns.ts'
import type { ObjectStore } from '../objectStore.ts'
import { parquetFile, type FileSummary } from '../parquet/parquetFile.ts'
import { readRows } from '../parquet/readRows.ts'
import { rowGroup } from '../parquet/rowGroup.ts'
import { partitionFolder } from '../partitions.ts'
import { filePath, logPath, type AddFile } from './actions.ts'
import { deltaStats } from './deltaStats.ts'

export interface FoldOptions {
  readonly store: ObjectStore
  /** The table's folder in the lake. */
  readonly path: string
  /** Of the table, without partition columns. */
  readonly columns: readonly Column[]
  /** Awaited between some thousand rows. Rejects to give up. */
  breathe(): Promise<void>
}

/** A row group is written out at so many bytes, compressed pages and open ones together. */
const GROUP_BYTES = 32 << 20

/**
 * Writes the rows of some files of one partition into one new file, which nothing names yet. Its statistics
 * are made anew from the rows.
 *
 * **State** one of the files, the columns of some thousand rows of it, and the row group that is written.
 *
 * @returns the file as the log is to hold it, without what the entry adds
 * @throws CheckpointError SBX_DELTA_FILE where a file is gone, damaged, or has not the rows that the log says
 */
export async function foldFiles(
  options: FoldOptions,
  files: readonly AddFile[],
): Promise<Pick<AddFile, 'path' | 'partitionValues' | 'size' | 'stats'>> {
  const { store, path, columns, breathe } = options
  const { partitionValues } = files[0]!
  // A name of its own, whoever else folds the same files. It is no attempt's: only the log says whose it is.
  const name = `compacted-${randomBytes(12).toString('hex')}.parquet`
  const file = [partitionFolder(partitionValues), name].filter((part) => part !== '').join('/')
  const writer = store.openWriter(`${path}/${file}`)
  try {
    const parquet = parquetFile(columns, (bytes) => writer.write(bytes))
    let group = rowGroup(columns)
    for (const one of files) {
      let rows = 0
      for await (const some of readFile(options, one)) {
        for (const row of some) {
          group.append(row)
          rows++
        }
        await breathe()
        if (group.heldBytes() < GROUP_BYTES) continue
        await parquet.append(group.finish())
        group = rowGroup(columns)
      }
      checkRows(options, one, rows)
    }
    if (group.rows() > 0) await parquet.append(group.finish())
    const summary: FileSummary = await parquet.finish()
    const { bytes } = await writer.close()
    return { path: logPath(file), partitionValues, size: bytes, stats: deltaStats(summary) }
  } catch (error) {
    await writer.abort()
    throw error
  }
}

async function* readFile({ store, path, columns }: FoldOptions, file: AddFile) {
  const key = `${path}/${filePath(file.path)}`
  const bytes = await store.read(key)
  if (bytes === undefined) throw damaged(key, 'is gone')
  try {
    yield* readRows(bytes, columns)
  } catch (cause) {
    // A package that is missing says so itself.
    if (cause instanceof ConfigError) throw cause
    throw damaged(key, `can't be read: ${String(cause)}`, cause)
  }
}

function checkRows({ path }: FoldOptions, { path: file, stats }: AddFile, found: number): void {
  const { numRecords = found } = stats ? (JSON.parse(stats) as { numRecords?: number }) : {}
  if (numRecords === found) return
  throw damaged(`${path}/${filePath(file)}`, `has ${found} rows, and the log says ${numRecords}`)
}

const damaged = (key: string, what: string, cause?: unknown): CheckpointError =>
  new CheckpointError(
    `${key}, a file of a Delta table, ${what}. Nothing was changed. Restore it from a copy of the lake`,
    { code: 'SBX_DELTA_FILE', cause },
  )
