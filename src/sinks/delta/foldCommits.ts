import { randomUUID } from 'node:crypto'
import { ConfigError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import type { PreparedFile, SinkCommit } from '../../core/unit.ts'
import { logPath, type Action, type AddFile } from '../../lake/delta/actions.ts'
import type { DeltaLog } from '../../lake/delta/deltaLog.ts'
import { deltaSchema, schemaConflict } from '../../lake/delta/deltaSchema.ts'
import type { Snapshot } from '../../lake/delta/snapshot.ts'
import type { DataFileDetail } from '../../lake/partitionedWriter.ts'
import type { DeltaPublisherOptions } from './deltaPublisher.ts'
import { appIdOf, isAdded } from './deltaTxn.ts'

/** What came of one commit: part of the table, a file of it gone, or an error of its own. */
export type Verdict = { readonly missing?: string } | Error

const PROTOCOL = { minReaderVersion: 1, minWriterVersion: 2 }
const ENGINE = 'sluicebox'
const LOOKED_FOR_AT_ONCE = 16

/**
 * Adds the files of committed epochs to the table in one entry of its log, each epoch once: with a `txn` that
 * says which, and the positions up to which it read.
 *
 * @returns a verdict for each commit, in their order
 */
export async function foldCommits(
  options: DeltaPublisherOptions,
  log: DeltaLog,
  commits: readonly SinkCommit[],
): Promise<readonly Verdict[]> {
  const looked = new Map<SinkCommit, string | undefined>()
  let verdicts: Verdict[] = []

  const judge = async (snapshot: Snapshot, commit: SinkCommit): Promise<'add' | Verdict> => {
    try {
      if (await isAdded(log, snapshot, commit)) return {}
    } catch (error) {
      return error as Error
    }
    if (!looked.has(commit)) looked.set(commit, await firstMissing(options, commit.files))
    const missing = looked.get(commit)
    return missing === undefined ? 'add' : { missing }
  }

  await log.commit(async (snapshot) => {
    checkTable(options, snapshot)
    const judged = await Promise.all(commits.map((commit) => judge(snapshot, commit)))
    verdicts = judged.map((one) => (one === 'add' ? {} : one))
    const added = commits.filter((_, index) => judged[index] === 'add')
    return added.length === 0 ? [] : entryOf(options, snapshot, added)
  })
  return verdicts
}

async function firstMissing(
  { store }: DeltaPublisherOptions,
  files: readonly PreparedFile[],
): Promise<string | undefined> {
  for (let at = 0; at < files.length; at += LOOKED_FOR_AT_ONCE) {
    const some = files.slice(at, at + LOOKED_FOR_AT_ONCE)
    const there = await Promise.all(some.map(({ key }) => store.has(key)))
    const missing = some[there.indexOf(false)]
    if (missing !== undefined) return missing.key
  }
  return undefined
}

/** Refuses a table that is not of this sink's shape. */
export function checkTable(
  { path, columns, partitionBy, context }: DeltaPublisherOptions,
  { metadata }: Snapshot,
): void {
  if (metadata === undefined) return
  const conflict =
    metadata.partitionColumns.join() === partitionBy.join()
      ? schemaConflict(metadata.schemaString, columns)
      : `it is partitioned by ${metadata.partitionColumns.join(', ') || 'nothing'}, the sink by ${partitionBy.join(', ') || 'nothing'}`
  if (conflict === undefined) return
  throw new ConfigError(
    `the rows don't fit the Delta table ${path}: ${conflict}. Change the schema back, or give the sink another path`,
    { code: 'SBX_DELTA_SCHEMA', node: context.node },
  )
}

function entryOf(
  options: DeltaPublisherOptions,
  { version }: Snapshot,
  commits: readonly SinkCommit[],
): readonly Action[] {
  const now = options.context.clock.now()
  return [
    { commitInfo: commitInfo(options, commits, now) },
    ...(version < 0 ? definition(options, now) : []),
    ...commits.map((commit) => ({
      txn: { appId: appIdOf(commit), version: commit.epoch, lastUpdated: now },
    })),
    ...commits.flatMap(({ files }) =>
      files.map((file) => ({ add: addOf(options.path, file, now) })),
    ),
  ]
}

function definition(
  { columns, partitionBy, context }: DeltaPublisherOptions,
  createdTime: number,
): readonly Action[] {
  const metaData = {
    id: randomUUID(),
    name: context.node,
    format: { provider: 'parquet', options: {} },
    schemaString: deltaSchema(columns),
    partitionColumns: partitionBy,
    configuration: {},
    createdTime,
  }
  return [{ protocol: PROTOCOL }, { metaData }]
}

/** For people and `describe history`; the id makes each entry's bytes its writer's own. */
function commitInfo(
  { context, partitionBy }: DeltaPublisherOptions,
  commits: readonly SinkCommit[],
  timestamp: number,
): Readonly<Record<string, Json>> {
  return {
    timestamp,
    operation: 'STREAMING UPDATE',
    operationParameters: { outputMode: 'Append', partitionBy: JSON.stringify(partitionBy) },
    isBlindAppend: true,
    engineInfo: ENGINE,
    txnId: randomUUID(),
    topology: context.topology,
    node: context.node,
    epochs: commits.map(({ lineage, task, epoch, attempt, positions }) => ({
      ...{ lineage, task, epoch, attempt, positions },
    })),
  }
}

function addOf(path: string, { key, bytes, detail }: PreparedFile, now: number): AddFile {
  const { partitionValues, stats } = detail as DataFileDetail
  return {
    path: logPath(key.slice(path.length + 1)),
    partitionValues,
    size: bytes,
    modificationTime: now,
    dataChange: true,
    stats,
  }
}
