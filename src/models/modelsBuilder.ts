import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Column } from '../core/columns.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type {
  Build,
  BuildGate,
  BuildRequest,
  ModelsBuilder,
  ModelsContext,
} from '../core/models.ts'
import { realDisk } from '../lake/diskIo.ts'
import { discardStaged } from '../lake/discardStaged.ts'
import { fileChecksum } from '../lake/fileChecksum.ts'
import type { CopyAhead, ObjectStore } from '../lake/objectStore.ts'
import { keepFailingRows } from './artifacts/failingRows.ts'
import { keepTestResults, lastBuildFailed } from './artifacts/testResults.ts'
import type { LocalTable } from './build/bindSource.ts'
import { buildModels } from './build/buildModels.ts'
import type { BaseDatabase } from './build/buildModels.ts'
import { fetchFile, localTable } from './localTables.ts'
import { planRefresh } from './planRefresh.ts'
import type { BuildInputs } from './planRefresh.ts'
import type { CompiledProject } from './project/projectNodes.ts'
import { parseBuildKey } from './publish/buildFiles.ts'
import type { DeltaTables } from './publish/deltaTables.ts'
import { makeDurable } from './publish/makeDurable.ts'
import { databaseInPlace, publishBuild, promoteNewest } from './publish/publishBuild.ts'
import { newestVersion } from './publish/versions.ts'
import type { VersionManifest } from './publish/versions.ts'
import { makeWorkFolder } from './workFolder.ts'

export interface ModelsBuilderOptions {
  readonly store: ObjectStore
  readonly delta: DeltaTables
  /** The project as a run sees it that begins anew. */
  readonly project: CompiledProject
  /** The project with these variables over its own. */
  compile(vars: JsonObject): CompiledProject
  /** The project's folder. */
  readonly root: string
  /** Where in the lake the models go. */
  readonly path: string
  readonly schema: string
  /** Path in the lake of every table read, by the name that the models give it. */
  readonly reads: Readonly<Record<string, string>>
  /** Columns of tables that do not exist yet, as their sinks know them. */
  readonly columns: Readonly<Record<string, readonly Column[]>>
  readonly gates: readonly BuildGate[]
  /** Whether a build may go on from the version before. */
  readonly incremental: boolean
  /** How many versions stay. */
  readonly keptVersions: number
  /** What a build may hold, where its context does not say. */
  readonly memoryBytes: number
}

/** Builds, publishes and cleans up one project of models for its task. */
export async function modelsBuilder(
  options: ModelsBuilderOptions,
  context: ModelsContext,
): Promise<ModelsBuilder> {
  const { store, delta, project, path, reads } = options
  const work = await makeWorkFolder(context.workDirectory)
  const fingerprint = fingerprintOf(project)
  const models = project.models.filter((model) => model.published).map((model) => model.name)

  return {
    inputs: async () => {
      const versions = Object.entries(reads).map(async ([name, table]) => {
        return [name, (await delta.newest(table)) ?? null] as const
      })
      return { versions: Object.fromEntries(await Promise.all(versions)), models: fingerprint }
    },

    prepare: async (request) => {
      const startedMs = context.clock.now()
      const directory = await mkdtemp(join(work, 'build-'))
      let refresh: Awaited<ReturnType<typeof refreshOf>>
      let copy: Promise<CopyAhead | undefined> | undefined
      try {
        const before = await newestVersion(store, path)
        refresh = await refreshOf(options, request, { directory, logger: context.logger })
        // What a change of the SQL broke, was mended by taking the change back: these are the models of the base again.
        const isMended = refresh !== undefined && (await lastBuildFailed(store, path))
        const built = await buildModels({
          ...options,
          ...refresh,
          ...(isMended ? { unitTests: project.unitTests } : {}),
          figures: before?.figures,
          sources: await pinnedTables(options, request.inputs, join(work, 'sources')),
          directory,
          threads: context.threads ?? availableParallelism(),
          memoryBytes: context.memoryBytes ?? options.memoryBytes,
          signal: context.signal,
          node: context.node,
          clock: context.clock,
          // What goes wrong with it, goes wrong again where it is needed.
          finished: (file) => {
            copy = store.copyAhead?.(file).catch(() => undefined)
          },
          tested: async (results) => {
            const times = { startedMs, nowMs: context.clock.now() }
            await keepTestResults(store, path, results, times)
            const known = [...project.tests, ...project.unitTests].map(({ uniqueId }) => uniqueId)
            // They explain what happened to a build, and are no reason to stop it.
            await keepFailingRows(store, path, results, known).catch((error: unknown) =>
              context.logger.warn('failing_rows_lost', { why: String(error) }),
            )
          },
        })
        const version = await nextVersion(options, request.state)
        const files = await makeDurable(request, built, { store, path, version, copy: await copy })
        const rows = Object.fromEntries(built.tables.map((table) => [table.name, table.rows]))
        const durationSeconds = (context.clock.now() - startedMs) / 1000
        const touched = refresh?.touched ?? null
        const report = { version, rows, checks: built.checks, durationSeconds, touched }
        return { files, state: { version }, report } satisfies Build
      } catch (error) {
        await (await copy)?.discard()
        throw error
      } finally {
        await refresh?.base.database.catch(() => {})
        await rm(directory, { recursive: true, force: true })
      }
    },

    publish: (commit) =>
      publishBuild(
        { store, delta, path, clock: context.clock, kept: options.keptVersions },
        commit,
      ),
    promote: () => promoteNewest(store, path),

    discard: async (files) => {
      for (const { key } of files) await store.remove(key)
    },

    clean: async (task, isDead) => {
      // Also a database that somebody was just putting in place: he finds out, and looks again.
      const inPlace = databaseInPlace(path)
      const nameOf = (key: string) =>
        key === inPlace
          ? { task, epoch: 0, attempt: '' }
          : key.startsWith(`${path}/`)
            ? parseBuildKey(key)
            : undefined
      let removed = await discardStaged(store, task, nameOf, isDead)
      for (const folder of ['_versions', ...models]) {
        for await (const { key } of store.list(`${path}/${folder}/`)) {
          const name = parseBuildKey(key)
          if (name?.task !== task || !isDead(name.epoch, name.attempt)) continue
          await store.remove(key)
          removed += 1
        }
      }
      return removed
    },

    close: () => rm(work, { recursive: true, force: true }),
  }
}

/** The tables read, each at the version that `inputs` names. */
async function pinnedTables(
  { store, delta, reads, columns }: ModelsBuilderOptions,
  inputs: Json,
  cache: string,
): Promise<Record<string, LocalTable | undefined>> {
  const { versions } = inputs as { readonly versions: Readonly<Record<string, number | null>> }
  const tables: Record<string, LocalTable | undefined> = {}
  for (const [name, table] of Object.entries(reads)) {
    const version = versions[name] ?? null
    if (version === null) {
      const known = columns[name]
      const empty = { partitionColumns: [], files: [], folder: '' }
      if (known !== undefined) tables[name] = { columns: known, ...empty }
      continue
    }
    const pinned = await delta.at(table, version)
    tables[name] = await localTable(store, table, pinned, join(cache, encodeURIComponent(name)))
  }
  return tables
}

/** Numbers go on where a dropped state or another lineage of this topology left off. */
async function nextVersion({ store, path }: ModelsBuilderOptions, state: Json): Promise<number> {
  const known = (state as { readonly version: number } | null)?.version ?? 0
  const newest = await newestVersion(store, path)
  return Math.max(known, newest?.version ?? 0) + 1
}

/** The base of a build, the days to build over it, and the models as they are for these. */
async function refreshOf(
  options: ModelsBuilderOptions,
  request: BuildRequest,
  own: { readonly directory: string; readonly logger: ModelsContext['logger'] },
) {
  const { store, project, incremental } = options
  const isWorthIt = project.models.some(({ stored }) => stored === 'incremental')
  if (!incremental || !isWorthIt) return undefined
  const plan = await planRefresh(options, request.inputs as unknown as BuildInputs)
  if (plan === undefined) return undefined
  const { base, touched } = plan
  const database = baseDatabase(store, base, own)
  database.catch(() => {})
  const tables = Object.entries(base.tables).map(([name, { files }]) => [name, files] as const)
  return {
    touched,
    project: options.compile({ touched_dates: touched }),
    base: { version: base.version, database, files: Object.fromEntries(tables) },
  }
}

/** A copy of a version's database, and whether that is what was checked. */
async function baseDatabase(
  store: ObjectStore,
  { database, tag, checksum }: VersionManifest,
  { directory, logger }: { readonly directory: string; readonly logger: ModelsContext['logger'] },
): Promise<BaseDatabase> {
  const copy = join(directory, 'gold.duckdb')
  await fetchFile(store, database, copy)
  // Looked at behind the copy, which is of nothing newer then.
  const isUntouched = tag !== undefined && (await store.look(database))?.tag === tag
  const isAsChecked = isUntouched || (await fileChecksum(realDisk, copy)).checksum === checksum
  if (!isAsChecked) logger.warn('gold_changed', { database })
  return { path: copy, isAsChecked }
}

/** Changed SQL is a reason to build anew, as changed tables are. */
function fingerprintOf({ models, tests, seeds, unitTests }: CompiledProject): string {
  const parts: JsonObject = {
    models: models.map(({ relation, sql, incrementalSql = null, stored, config }) => [
      ...[relation, sql, incrementalSql, stored],
      config.given,
    ]),
    tests: tests.map(({ name, sql, severity }) => [name, sql, severity]),
    unitTests: unitTests.map(({ name, sql, expect }) => [name, sql, expect.rows]),
    seeds: seeds.map(({ relation, content }) => [relation, content]),
  }
  return createHash('md5').update(JSON.stringify(parts)).digest('hex')
}
