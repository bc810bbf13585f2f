import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { CheckpointError } from '../core/errors.ts'
import { checkKey } from '../lake/checkKey.ts'
import type { ObjectStore } from '../lake/objectStore.ts'
import { openLake } from '../lake/openLake.ts'
import type { ContentFile } from './build/exportTable.ts'
import { openDatabase } from '../lake/openDatabase.ts'
import { localObject } from './localTables.ts'
import { identifier, literal } from './project/sqlText.ts'
import { tableKey } from './publish/buildFiles.ts'
import type { TableContent } from './publish/buildFiles.ts'
import { deltaTables } from './publish/deltaTables.ts'
import { promoteNewest, publishTables } from './publish/publishBuild.ts'
import { uploadFile } from './publish/uploadFile.ts'
import { keptVersions, writeVersion } from './publish/versions.ts'
import type { PublishedTable, VersionManifest } from './publish/versions.ts'

export interface RollbackModelsOptions {
  /** Folder or `s3://bucket/prefix`. */
  readonly lake: string
  /** Where in the lake the models are. @defaultValue `'gold'` */
  readonly path?: string
  /** Schema of the models in the DuckDB file. @defaultValue `'main'` */
  readonly schema?: string
  /** A version that is kept. @defaultValue the build before the one that readers see */
  readonly to?: number
  /** @defaultValue the machine's */
  readonly clock?: Pick<Clock, 'now'>
}

/** What a rollback did. */
export interface Rollback {
  /** The new version, which holds what an older one held. */
  readonly version: number
  readonly rollbackTo: number
}

const NAME = 'rollback'

/**
 * Puts an older version of a project's models back, as a new version: every Delta table in one entry,
 * `_versions/<n>.json`, then the DuckDB file. What is there already is left; data files that a vacuum
 * has removed since are written again from that version's database. The next build goes on from here,
 * and comes when what it reads, or the models, have changed. Call it while no run builds.
 *
 * **Delivery**: each table changes in one step, the manifest comes last; a rollback that is broken off
 * is done again from its start.
 *
 * @throws CheckpointError `SBX_MODELS_VERSION` where there is no such version (any more)
 * @example
 * ```ts
 * const { version, rollbackTo } = await rollbackModels({ lake: './data/lake' })
 * console.log(`version ${version} is what version ${rollbackTo} was`)
 * ```
 */
export async function rollbackModels(options: RollbackModelsOptions): Promise<Rollback> {
  const { lake, path = 'gold', schema = 'main', clock = { now: () => Date.now() } } = options
  checkKey(path)
  const store = await openLake(lake)
  const kept = await keptVersions(store, path)
  const target = await targetOf(store, path, kept, options.to)
  const attempt = `0-${randomBytes(8).toString('hex')}`
  const tables = await wholeTables(store, path, schema, target, attempt)
  const version = (kept[0]?.version ?? 0) + 1
  const delta = deltaTables(store, clock)
  const positions = { rollbackTo: target.version }
  const how = { appId: `${NAME}/${attempt}`, epoch: version, positions }
  const published = await publishTables({ store, delta, path, clock }, tables, how)
  const isWritten = await writeVersion(store, path, {
    ...{
      version,
      topology: target.topology,
      lineage: target.lineage,
      task: NAME,
      epoch: 0,
      attempt,
    },
    ...{ database: target.database, inputs: target.inputs, tables: published },
    rollbackTo: target.version,
    publishedAt: new Date(clock.now()).toISOString(),
  })
  if (!isWritten) {
    throw new CheckpointError(
      `a build was published to ${store.url}/${path} in the middle of the rollback: end that run, then roll back again`,
      { code: 'SBX_MODELS_VERSION' },
    )
  }
  await promoteNewest(store, path)
  return { version, rollbackTo: target.version }
}

/** The versions that a rollback may go back to, the newest first. */
export async function modelVersions(options: {
  readonly lake: string
  readonly path?: string
}): Promise<readonly VersionManifest[]> {
  return keptVersions(await openLake(options.lake), options.path ?? 'gold')
}

async function targetOf(
  store: ObjectStore,
  path: string,
  kept: readonly VersionManifest[],
  wanted: number | undefined,
): Promise<VersionManifest> {
  const [newest] = kept
  const current = newest?.rollbackTo ?? newest?.version ?? 0
  const builds = kept.filter(({ rollbackTo }) => rollbackTo === undefined)
  const target = builds.find(({ version }) =>
    wanted === undefined ? version < current : version === wanted,
  )
  if (target !== undefined && (await store.has(target.database))) return target
  const there = builds.map(({ version }) => version).join(', ')
  throw new CheckpointError(
    `${store.url}/${path} keeps no ${wanted === undefined ? 'build before the newest' : `version ${wanted}`} to go back to: it has ${there || 'none'}`,
    { code: 'SBX_MODELS_VERSION' },
  )
}

/** The tables of a version; those of which a file is gone get one new file each, from its database. */
async function wholeTables(
  store: ObjectStore,
  path: string,
  schema: string,
  target: VersionManifest,
  attempt: string,
): Promise<Record<string, TableContent>> {
  const folder = await mkdtemp(join(tmpdir(), 'sluicebox-rollback-'))
  try {
    const tables = Object.entries(target.tables).map(async ([name, table]) => {
      const missing = await Promise.all(
        (table.files ?? []).map(async (file) => !(await store.has(`${table.path}/${file.path}`))),
      )
      if (table.files !== undefined && !missing.includes(true)) return [name, table] as const
      const file = await exportAgain(store, path, { target, name, schema, attempt, folder })
      return [name, withFile(table, file)] as const
    })
    return Object.fromEntries(await Promise.all(tables))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const withFile = ({ columns, rows }: PublishedTable, file: ContentFile): TableContent => ({
  ...{ columns, rows },
  files: [file],
})

interface Again {
  readonly target: VersionManifest
  readonly name: string
  readonly schema: string
  readonly attempt: string
  readonly folder: string
}

async function exportAgain(
  store: ObjectStore,
  path: string,
  { target, name, schema, attempt, folder }: Again,
): Promise<ContentFile> {
  const from = await localObject(store, target.database, join(folder, `${name}.duckdb`))
  const local = join(folder, `${name}.parquet`)
  const database = await openDatabase({
    ...{ threads: 1, memoryBytes: 2 ** 29, signal: undefined },
    spillDirectory: join(folder, 'spill'),
  })
  try {
    await database.run(`attach ${literal(from)} as version (read_only)`)
    const table = `version.${identifier(schema)}.${identifier(name)}`
    await database.run(`copy ${table} to ${literal(local)} (format parquet, compression zstd)`)
    const [counted] = await database.rows(`select count(*) as n from ${table}`)
    const key = tableKey(path, name, 0, { task: NAME, epoch: 0, attempt })
    const { bytes } = await uploadFile(store, key, local)
    return { path: key.slice(`${path}/${name}/`.length), bytes, rows: Number(counted?.['n']) }
  } finally {
    database.close()
  }
}
