import { allOf } from '../core/allOf.ts'
import type { Column } from '../core/columns.ts'
import type { RowStore } from '../core/rows/rowStore.ts'
import { StoredRows } from '../core/rows/storedRows.ts'
import type { PreparedFile, Writer, WriterContext } from '../core/unit.ts'
import { dataFileName } from './dataFileName.ts'
import { deltaStats } from './delta/deltaStats.ts'
import type { ObjectWriter, StagedWriter } from './objectStore.ts'
import { fitsColumn } from './parquet/columnBuffer.ts'
import { parquetFile, type ParquetFile } from './parquet/parquetFile.ts'
import { rowGroup, type RowGroup } from './parquet/rowGroup.ts'
import { partitionFinder } from './partitionFinder.ts'
import { partitionColumns, partitionFolder } from './partitions.ts'
import type { PartitionValues } from './partitions.ts'

export interface PartitionedWriterOptions {
  readonly context: WriterContext
  /** Of the table, partition columns included. */
  readonly columns: readonly Column[]
  readonly partitionBy: readonly string[]
  /** The table's folder in the lake. */
  readonly path: string
  /** Begins a file. */
  open(key: string): Promise<ObjectWriter | StagedWriter>
}

/** What the publisher finds in `PreparedFile.detail`. */
export interface DataFileDetail {
  readonly [key: string]: PartitionValues | string
  readonly partitionValues: PartitionValues
  /** Delta's statistics, as JSON. */
  readonly stats: string
}

type Row = Readonly<Record<string, unknown>>

/** The rows of one partition since the last barrier. */
interface Partition {
  /** What the names of its files say. */
  readonly name: { readonly task: string; readonly epoch: number; readonly attempt: string }
  readonly values: PartitionValues
  /** Rows of the batch that is under way: they become columns when it ends, or another store's follow. */
  readonly waiting: WaitingRows
  group: RowGroup
  /** What a row group that is being written took, bytes. */
  sending: number
  file: OpenFile | undefined
}

interface WaitingRows {
  store: RowStore | undefined
  /** Their numbers in the store. */
  rows: Int32Array
  count: number
}

interface OpenFile {
  readonly key: string
  readonly sink: ObjectWriter | StagedWriter
  readonly parquet: ParquetFile
}

const FIRST_WAITING = 64
/** A row group of so many rows is written out even where there is memory. */
const MAX_GROUP_ROWS = 1 << 20
/** So many files may be open; beyond, one that was written out early is also finished. */
const MAX_OPEN_FILES = 64
/** So many files are finished at once: they wait for the disk. */
const CLOSED_AT_ONCE = 8

/**
 * Turns rows into Parquet files, at least one a partition and epoch, in Hive folders. Partition columns are
 * in the folder names, not in the files.
 *
 * **State** the columns of every partition with rows since the last barrier, compressed page by page, and of those
 * before it that are on their way to the disk: at most `context.memoryBytes` after each `relieve`, which waits for the
 * latter and writes out the largest of the former early.
 */
export function partitionedWriter(options: PartitionedWriterOptions): Writer<Row | StoredRows> {
  const { context, columns, path, partitionBy, open } = options
  const keys = partitionColumns(columns, partitionBy)
  const stored = columns.filter((column) => !keys.includes(column))
  const find = partitionFinder(keys, (values) => {
    const waiting = { store: undefined, rows: new Int32Array(FIRST_WAITING), count: 0 }
    const name = { task: context.task, epoch: context.epoch(), attempt: context.attempt() }
    const group = rowGroup(stored)
    const partition = { name, values, waiting, group, sending: 0, file: undefined }
    partitions.push(partition)
    return partition
  })
  let partitions: Partition[] = []
  let done: PreparedFile[] = []
  /** Whether there are more rows than when memory was looked at last. */
  let hasGrown = false
  /** The partitions of the last barrier whose files are not done yet, and when they will be. */
  let ending: Partition[] = []
  let ended: Promise<unknown> = Promise.resolve()
  /** What is being written out early. */
  let relieving: Promise<unknown> = Promise.resolve()
  let begun = 0
  let isClosed = false

  const takeWaiting = ({ waiting, group }: Partition): void => {
    const { store, rows, count } = waiting
    waiting.store = undefined
    waiting.count = 0
    if (store === undefined) return
    group.appendRows(store, rows, count)
    hasGrown = true
  }

  const wait = (stored: StoredRows, from: number, to: number): void => {
    const partition = find.stored(stored, from)
    const waiting: WaitingRows = partition.waiting
    if (waiting.store !== stored.store) {
      takeWaiting(partition)
      waiting.store = stored.store
    }
    const count = waiting.count + to - from
    if (count > waiting.rows.length) {
      const larger = new Int32Array(count * 2)
      larger.set(waiting.rows)
      waiting.rows = larger
    }
    waiting.rows.set(stored.rows.subarray(from, to), waiting.count)
    waiting.count = count
  }

  const begin = async ({ name, values }: Partition): Promise<OpenFile> => {
    const file = dataFileName(name, context.writer, begun++)
    const key = [path, partitionFolder(values), file].filter((part) => part !== '').join('/')
    const sink = await open(key)
    return { key, sink, parquet: parquetFile(stored, (bytes) => sink.write(bytes)) }
  }

  const writeOut = async (partition: Partition): Promise<void> => {
    if (partition.group.rows() === 0) return
    partition.file ??= await begin(partition)
    partition.sending = partition.group.heldBytes()
    const full = partition.group.finish()
    partition.group = rowGroup(stored)
    await partition.file.parquet.append(full)
    partition.sending = 0
  }

  const finish = async (partition: Partition, into: PreparedFile[]): Promise<void> => {
    await writeOut(partition)
    if (partition.file === undefined) return
    const { sink, parquet, key } = partition.file
    const summary = await parquet.finish()
    const closed = await sink.close()
    partition.file = undefined
    const detail: DataFileDetail = {
      partitionValues: partition.values,
      stats: deltaStats(summary),
    }
    into.push({ ...closed, key, records: summary.rows, detail })
  }

  const finishAll = async (found: readonly Partition[], into: PreparedFile[]): Promise<void> => {
    // The largest first: those of its group become columns while it is on its way to the disk.
    const sizes = new Map(found.map((one) => [one, heldBytes(one)]))
    const all = found.toSorted((a, b) => sizes.get(b)! - sizes.get(a)!)
    for (let at = 0; at < all.length; at += CLOSED_AT_ONCE) {
      if (isClosed)
        throw new Error(`the writer of ${path} was closed while it made an epoch durable`)
      await allOf(all.slice(at, at + CLOSED_AT_ONCE).map((one) => finish(one, into)))
    }
    ending = []
  }

  const writeOutEarly = async (): Promise<void> => {
    const sizes = partitions.map(heldBytes)
    let held = total(sizes)
    if (held + total(ending.map(heldBytes)) > context.memoryBytes) await ended
    const isOver = ({ group }: Partition): boolean => group.rows() >= MAX_GROUP_ROWS
    while (!isClosed && (held > context.memoryBytes || partitions.some(isOver))) {
      const index = held > context.memoryBytes ? largest(sizes) : partitions.findIndex(isOver)
      const partition = partitions[index]!
      const openFiles = partitions.filter(({ file }) => file !== undefined).length
      if (partition.group.rows() === 0) return
      await (openFiles < MAX_OPEN_FILES ? writeOut(partition) : finish(partition, done))
      held -= sizes[index]!
      sizes[index] = 0
    }
  }

  return {
    write(row) {
      if (row instanceof StoredRows) {
        for (let from = 0, to = 0; from < row.count; from = to) {
          to = find.behindAlike(row, from)
          wait(row, from, to)
        }
        return
      }
      const partition = find(row)
      // Rows stay in order.
      if (partition.waiting.count > 0) takeWaiting(partition)
      partition.group.append(row)
      hasGrown = true
    },

    takesRows: ({ cells }) => columns.every((column) => fitsColumn(cells.get(column.name), column)),

    endBatch() {
      for (const partition of partitions) takeWaiting(partition)
    },

    async relieve() {
      // Rows wait at gates while a batch begins.
      if (!hasGrown) return
      hasGrown = false
      const work = writeOutEarly()
      relieving = work.catch(() => {})
      await work
    },

    async prepare() {
      const files = done
      ending = partitions
      find.forget()
      partitions = []
      done = []
      const ends = finishAll(ending, files)
      ended = ends.catch(() => {})
      await ends
      return files.toSorted((a, b) => (a.key < b.key ? -1 : 1))
    },

    cutsAtOnce: true,

    async close() {
      isClosed = true
      await Promise.all([ended, relieving])
      const files = [...ending, ...partitions].flatMap(({ file }) => file ?? [])
      find.forget()
      ending = []
      partitions = []
      done = []
      await allOf(files.map(({ sink }) => sink.abort()))
    },
  }
}

const heldBytes = ({ group, sending }: Partition): number => group.heldBytes() + sending
const total = (sizes: readonly number[]): number => sizes.reduce((sum, bytes) => sum + bytes, 0)
const largest = (sizes: readonly number[]): number => sizes.indexOf(Math.max(...sizes))
