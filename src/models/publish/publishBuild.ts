import type { Clock } from '../../core/clock.ts'
import { CheckpointError, SinkError } from '../../core/errors.ts'
import type { SinkCommit } from '../../core/unit.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import { splitFiles } from './buildFiles.ts'
import type { TableFile } from './buildFiles.ts'
import type { DeltaTables } from './deltaTables.ts'
import { newestVersion, pruneVersions, readVersion, writeVersion } from './versions.ts'
import type { VersionManifest } from './versions.ts'

export interface PublishOptions {
  readonly store: ObjectStore
  readonly delta: DeltaTables
  /** Where in the lake the models are. */
  readonly path: string
  readonly clock: Clock
}

/**
 * Makes a committed build visible: each table, then the manifest that names them all and the
 * database, then the database under its common name. Idempotent: what is done already is left as it is.
 *
 * @throws CheckpointError `SBX_MODELS_VERSION` where this version is another build's
 */
export async function publishBuild(
  options: PublishOptions,
  commit: SinkCommit,
): Promise<{ readonly missing?: string }> {
  const { store, path } = options
  const { tables, database } = splitFiles(commit.files)
  const { version } = database.detail
  const present = await readVersion(store, path, version)
  if (present === undefined) {
    if (!(await store.has(database.key))) return { missing: database.key }
    const versions = await Promise.all(tables.map((table) => publishTable(options, commit, table)))
    await writeVersion(store, path, {
      version,
      topology: commit.topology,
      lineage: commit.lineage,
      task: commit.task,
      epoch: commit.epoch,
      attempt: commit.attempt,
      database: database.key,
      inputs: database.detail.inputs,
      tables: Object.fromEntries(versions),
      publishedAt: new Date(options.clock.now()).toISOString(),
    })
  } else refuseOther(present, commit, `${store.url}/${path}`)
  await promoteNewest(store, path)
  await pruneVersions(store, path, version)
  return {}
}

/** The key of the database that holds the newest version. */
export const databaseInPlace = (path: string): string =>
  `${path}/${path.slice(path.lastIndexOf('/') + 1)}.duckdb`

/**
 * Puts the newest published database in place; again, where a newer one was published meanwhile. What is
 * there is looked at before the versions are: a slow process can't put back an older one over a newer.
 *
 * @throws SinkError `SBX_MODELS_PROMOTE` where the database of the newest version is gone
 */
export async function promoteNewest(store: ObjectStore, path: string): Promise<void> {
  const inPlace = databaseInPlace(path)
  let missing = 0
  for (;;) {
    const seen = await store.look(inPlace)
    const newest = await newestVersion(store, path)
    if (newest === undefined || seen?.copyOf === newest.database) return
    const outcome = await store.swap(newest.database, inPlace, seen)
    const later = outcome === 'swapped' ? await newestVersion(store, path) : undefined
    if (later?.version === newest.version) return
    // Once it may be that a newer version has taken its place since.
    if (outcome === 'missing' && missing === newest.version) throw gone(store, newest.database)
    if (outcome === 'missing') missing = newest.version
  }
}

function gone(store: ObjectStore, key: string): SinkError {
  return new SinkError(
    `${store.url}/${key} is gone, though the newest version names it: put it back from a copy of the lake`,
    { code: 'SBX_MODELS_PROMOTE' },
  )
}

async function publishTable(
  { delta, path }: PublishOptions,
  commit: SinkCommit,
  { key, bytes, records, detail }: TableFile,
) {
  const table = `${path}/${detail.model}`
  const version = await delta.replaceContent(table, {
    columns: detail.columns,
    file: key.slice(table.length + 1),
    bytes,
    rows: records,
    appId: `${commit.lineage}/${commit.topology}/${commit.task}/${commit.node}`,
    epoch: commit.epoch,
    positions: commit.positions,
  })
  return [detail.model, { path: table, version, rows: records }] as const
}

function refuseOther(present: VersionManifest, commit: SinkCommit, where: string): void {
  const names = ['topology', 'lineage', 'task', 'epoch', 'attempt'] as const
  const other = names.find((name) => present[name] !== commit[name])
  if (other === undefined) return
  throw new CheckpointError(
    `version ${present.version} in ${where} is another build's: its ${other} is ${present[other]}, this one's ${commit[other]}. Give each topology a path of its own, or drop the state of '${commit.node}'`,
    { code: 'SBX_MODELS_VERSION', node: commit.node },
  )
}
