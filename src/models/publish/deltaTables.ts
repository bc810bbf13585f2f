import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { Column } from '../../core/columns.ts'
import { CheckpointError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { logPath } from '../../lake/delta/actions.ts'
import type { Action } from '../../lake/delta/actions.ts'
import { deltaLog } from '../../lake/delta/deltaLog.ts'
import type { DeltaLog } from '../../lake/delta/deltaLog.ts'
import { deltaSchema } from '../../lake/delta/deltaSchema.ts'
import { readDelta } from '../../lake/delta/readDelta.ts'
import type { Snapshot } from '../../lake/delta/snapshot.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import type { TableVersion } from '../build/sourceTable.ts'

/** What models need of Delta tables: to read one at a version, and to replace what one holds. */
export interface DeltaTables {
  /** The newest version; undefined where there is no table. */
  newest(path: string): Promise<number | undefined>
  /** The table as it was at a version. */
  at(path: string, version: number): Promise<TableVersion>
  /**
   * Makes one file all that a table holds. Idempotent by `appId` and `epoch`.
   *
   * @returns the version of the table that holds it
   */
  replaceContent(path: string, content: TableContent): Promise<number>
}

export interface TableContent {
  readonly columns: readonly Column[]
  /** Relative to the table. */
  readonly file: string
  readonly bytes: number
  readonly rows: number
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

    replaceContent: async (path, content) => {
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

/** The log entry that takes every file out of a table and one in. */
function replacement(before: Snapshot, content: TableContent, nowMs: number): Action[] {
  const { columns, file, bytes, rows, appId, epoch, positions } = content
  const schemaString = deltaSchema(columns)
  const metadata = before.metadata ?? {
    id: randomUUID(),
    format: { provider: 'parquet', options: {} },
    schemaString: '',
    partitionColumns: [],
    configuration: {},
    createdTime: nowMs,
  }
  const removed = [...before.files.values()].map(({ path, partitionValues, size }): Action => ({
    remove: {
      path,
      deletionTimestamp: nowMs,
      dataChange: true,
      extendedFileMetadata: true,
      partitionValues,
      size,
    },
  }))
  const added = {
    path: logPath(file),
    partitionValues: {},
    size: bytes,
    modificationTime: nowMs,
    dataChange: true,
    stats: JSON.stringify({ numRecords: rows }),
  }
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
    { add: added },
    { txn: { appId, version: epoch, lastUpdated: nowMs } },
  ]
}

/** The version by which a content came that is there already. */
async function versionOf(log: DeltaLog, after: Snapshot, content: TableContent): Promise<number> {
  const { appId, epoch, file } = content
  for (let version = after.version; version >= 0; version -= 1) {
    const actions = await log.entry(version)
    if (actions === undefined) break
    const isIt = actions.some(
      (action) => 'txn' in action && action.txn.appId === appId && action.txn.version === epoch,
    )
    if (!isIt) continue
    if (actions.some((action) => 'add' in action && action.add.path === logPath(file))) {
      return version
    }
    break
  }
  throw new CheckpointError(
    `${log.path} says that epoch ${epoch} of ${appId} is in it, but not with the file ${file}: the table and the checkpoint belong to different histories; restore both from one copy, or drop the table`,
    { code: 'SBX_MODELS_CHECKPOINT' },
  )
}
