import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { CheckpointError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { filePath, logPath } from '../../lake/delta/actions.ts'
import type { Action } from '../../lake/delta/actions.ts'
import { deltaLog } from '../../lake/delta/deltaLog.ts'
import type { DeltaLog } from '../../lake/delta/deltaLog.ts'
import { deltaSchema } from '../../lake/delta/deltaSchema.ts'
import { readDelta } from '../../lake/delta/readDelta.ts'
import type { Snapshot } from '../../lake/delta/snapshot.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import type { ContentFile } from '../build/exportTable.ts'
import type { TableVersion } from '../build/sourceTable.ts'
import type { TableContent } from './buildFiles.ts'

/** What models need of Delta tables: to read one at a version, and to replace what one holds. */
export interface DeltaTables {
  /** The newest version; undefined where there is no table. */
  newest(path: string): Promise<number | undefined>
  /** The table as it was at a version. */
  at(path: string, version: number): Promise<TableVersion>
  /**
   * Makes these files all that a table holds, in one entry of its log. Idempotent by `appId` and `epoch`.
   *
   * @returns the version of the table that holds them
   */
  setContent(path: string, content: NewContent): Promise<number>
  /** The actions of one entry of a table's log; undefined where it is not there (any more). */
  entry(path: string, version: number): Promise<readonly Action[] | undefined>
}

export interface NewContent extends TableContent {
  readonly appId: string
  readonly epoch: number
  /** What was read. */
  readonly positions: Json
}

/** The Delta tables of a lake. */
export function deltaTables(store: ObjectStore, clock: Pick<Clock, 'now'>): DeltaTables {
  const logs = new Map<string, DeltaLog>()
  const logOf = (path: string): DeltaLog => {
    const log = logs.get(path) ?? deltaLog({ store, path, clock })
    logs.set(path, log)
    return log
  }
  return {
    newest: async (path) => {
      const { version } = await logOf(path).snapshot()
      return version < 0 ? undefined : version
    },

    at: async (path, version) => {
      const table = await readDelta(store, path, version)
      if (table?.version === version) return table
      throw new CheckpointError(
        `${store.url}/${path} has no version ${version}: its log was put back from another time. Run again, which takes the newest`,
        { code: 'SBX_MODELS_SOURCE' },
      )
    },

    entry: (path, version) => logOf(path).entry(version),

    setContent: async (path, content) => {
      const log = logOf(path)
      let isDone = false
      const after = await log.commit((before) => {
        const done = before.txns.get(content.appId)?.version ?? -1
        isDone = done >= content.epoch
        return isDone ? [] : replacement(before, content, clock.now())
      })
      return isDone ? versionOf(log, after, content) : after.version
    },
  }
}

/** The log entry that takes out the files that are not wanted and puts in those that are not there. */
function replacement(before: Snapshot, content: NewContent, nowMs: number): Action[] {
  const { columns, files, appId, epoch, positions } = content
  const schemaString = deltaSchema(columns)
  const metadata = before.metadata ?? {
    id: randomUUID(),
    format: { provider: 'parquet', options: {} },
    schemaString: '',
    partitionColumns: [],
    configuration: {},
    createdTime: nowMs,
  }
  const wanted = new Set(files.map(({ path }) => path))
  const removed = [...before.files]
    .filter(([path]) => !wanted.has(path))
    .map(([, { path, partitionValues, size }]): Action => ({
      remove: {
        ...{ path, partitionValues, size },
        ...{ deletionTimestamp: nowMs, dataChange: true, extendedFileMetadata: true },
      },
    }))
  const added = files
    .filter(({ path }) => !before.files.has(path))
    .map((file): Action => ({ add: addOf(file, columns, nowMs) }))
  return [
    {
      commitInfo: {
        timestamp: nowMs,
        operation: 'WRITE',
        operationParameters: { mode: 'Overwrite' },
        engineInfo: 'sluicebox',
        positions,
      },
    },
    ...(before.protocol === undefined
      ? [{ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }]
      : []),
    ...(metadata.schemaString === schemaString
      ? []
      : [{ metaData: { ...metadata, schemaString } }]),
    ...removed,
    ...added,
    { txn: { appId, version: epoch, lastUpdated: nowMs } },
  ]
}

/** What the log says of a file: with the range of its key, by which readers leave it out. */
function addOf(
  { path, bytes, rows, slice }: ContentFile,
  columns: TableContent['columns'],
  nowMs: number,
) {
  const type = columns.find(({ name }) => name === slice?.column)?.type
  const value = (text: string) => (type === 'date' ? text : Number(text))
  const range =
    slice === undefined
      ? {}
      : {
          minValues: { [slice.column]: value(slice.from) },
          maxValues: { [slice.column]: value(slice.to) },
          nullCount: { [slice.column]: 0 },
        }
  return {
    path: logPath(path),
    partitionValues: {},
    size: bytes,
    modificationTime: nowMs,
    dataChange: true,
    stats: JSON.stringify({ numRecords: rows, ...range }),
  }
}

/** The version by which a content came that is there already. */
async function versionOf(log: DeltaLog, after: Snapshot, content: NewContent): Promise<number> {
  const { appId, epoch, files } = content
  const wanted = new Set(files.map(({ path }) => path))
  for (let version = after.version; version >= 0; version -= 1) {
    const actions = await log.entry(version)
    if (actions === undefined) break
    const isIt = actions.some(
      (action) => 'txn' in action && action.txn.appId === appId && action.txn.version === epoch,
    )
    if (!isIt) continue
    const foreign = actions.find(
      (action) => 'add' in action && !wanted.has(filePath(action.add.path)),
    )
    if (foreign === undefined) return version
    break
  }
  throw new CheckpointError(
    `${log.path} says that epoch ${epoch} of ${appId} is in it, but with other files: the table and the checkpoint belong to different histories; restore both from one copy, or drop the table`,
    { code: 'SBX_MODELS_CHECKPOINT' },
  )
}
