import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { CheckpointError } from '../../core/errors.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import { openDatabase } from '../../lake/openDatabase.ts'
import type { ContentFile } from '../build/exportTable.ts'
import { localObject } from '../localTables.ts'
import { identifier, literal } from '../project/sqlText.ts'
import type { Rollback } from '../rollbackModels.ts'
import { tableKey } from './buildFiles.ts'
import type { TableContent } from './buildFiles.ts'
import { deltaTables } from './deltaTables.ts'
import { promoteNewest, publishTables } from './publishBuild.ts'
import { uploadFile } from './uploadFile.ts'
import { keptVersions, writeVersion } from './versions.ts'
import type { PublishedTable, VersionManifest } from './versions.ts'

interface RollBackOptions {
  readonly path: string
  readonly schema: string
  /** The version before the newest where it is not named. */
  readonly to: number | undefined
  readonly clock: Pick<Clock, 'now'>
}

const NAME = 'rollback'

/**
 * Publishes an older version's tables as a new version.
 *
 * @throws CheckpointError `SBX_MODELS_VERSION`
 */
export async function rollBack(
  store: ObjectStore,
  { path, schema, to, clock }: RollBackOptions,
): Promise<Rollback> {
  const kept = await keptVersions(store, path)
  const target = await targetOf(store, path, kept, to)
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
    ...(target.checksum === undefined ? {} : { checksum: target.checksum }),
    ...(target.tag === undefined ? {} : { tag: target.tag }),
    ...(target.figures === undefined ? {} : { figures: target.figures }),
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
    const { bytes } = await uploadFile(store, key, local, NAME)
    return { path: key.slice(`${path}/${name}/`.length), bytes, rows: Number(counted?.['n']) }
  } finally {
    database.close()
  }
}
