import type { Clock } from '../../core/clock.ts'
import { CheckpointError, SinkError } from '../../core/errors.ts'
import type { SinkCommit } from '../../core/unit.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import { splitFiles } from './buildFiles.ts'
import type { DatabaseFile, TableContent } from './buildFiles.ts'
import type { DeltaTables } from './deltaTables.ts'
import { BUILD_NAMES, isSameBuild, newestVersion, pruneVersions } from './versions.ts'
import { readVersion, writeVersion } from './versions.ts'
import type { PublishedTable, VersionManifest } from './versions.ts'

export interface PublishOptions {
  readonly store: ObjectStore
  readonly delta: DeltaTables
  /** Where in the lake the models are. */
  readonly path: string
  readonly clock: Pick<Clock, 'now'>
  /** How many versions stay. */
  readonly kept?: number | undefined
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
  const { database } = splitFiles(commit.files)
  let { version } = database.detail
  for (;;) {
    const present = await readVersion(store, path, version)
    if (present === undefined) {
      if (!(await store.has(database.key))) return { missing: database.key }
      if (await publishAs(options, commit, database, version)) break
    } else if (isSameBuild(present, commit)) break
    else refuseOther(present, commit, `${store.url}/${path}`)
    // Somebody put an older version back since this one was made: it comes behind that.
    version += 1
  }
  await promoteNewest(store, path)
  await pruneVersions(store, path, version, options.kept)
  return {}
}

async function publishAs(
  options: PublishOptions,
  commit: SinkCommit,
  { key, checksum, detail }: DatabaseFile,
  version: number,
): Promise<boolean> {
  const { store, path } = options
  const appId = `${commit.lineage}/${commit.topology}/${commit.task}/${commit.node}`
  const how = { appId, epoch: commit.epoch, positions: commit.positions }
  const tables = await publishTables(options, detail.tables, how)
  const { topology, lineage, task, epoch, attempt } = commit
  return writeVersion(store, path, {
    ...{ version, topology, lineage, task, epoch, attempt },
    ...{ database: key, checksum, inputs: detail.inputs, tables },
    ...(detail.tag === undefined ? {} : { tag: detail.tag }),
    ...(detail.figures === undefined ? {} : { figures: detail.figures }),
    publishedAt: new Date(options.clock.now()).toISOString(),
  })
}

/** Makes every table hold what a version of it has. */
export async function publishTables(
  { delta, path }: PublishOptions,
  contents: Readonly<Record<string, TableContent>>,
  how: {
    readonly appId: string
    readonly epoch: number
    readonly positions: SinkCommit['positions']
  },
): Promise<Record<string, PublishedTable>> {
  const tables = Object.entries(contents).map(async ([model, { columns, rows, files }]) => {
    const table = `${path}/${model}`
    const version = await delta.setContent(table, { columns, rows, files, ...how })
    return [model, { path: table, version, rows, columns, files }] as const
  })
  return Object.fromEntries(await Promise.all(tables))
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

function refuseOther(present: VersionManifest, commit: SinkCommit, where: string): void {
  if (present.rollbackTo !== undefined) return
  const other = BUILD_NAMES.find((name) => present[name] !== commit[name])
  if (other === undefined) return
  throw new CheckpointError(
    `version ${present.version} in ${where} is another build's: its ${other} is ${present[other]}, this one's ${commit[other]}. Give each topology a path of its own, or drop the state of '${commit.node}'`,
    { code: 'SBX_MODELS_VERSION', node: commit.node },
  )
}
