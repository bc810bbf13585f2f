import { GateError } from '../../core/errors.ts'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { CheckedTable } from '../../core/figures.ts'
import type { BuildGate, CheckResult, GateCheck } from '../../core/models.ts'
import { realDisk } from '../../lake/diskIo.ts'
import { figureBook, tableByName } from '../../lake/figures/figureBook.ts'
import type { KeptFigures } from '../../lake/figures/figureBook.ts'
import { strategyOf } from '../project/nodeConfig.ts'
import type { NodeResult } from '../artifacts/runResults.ts'
import { keptSchema, PUBLISHED_CATALOG } from '../project/layout.ts'
import type { CompiledProject } from '../project/projectNodes.ts'
import { identifier, literal } from '../project/sqlText.ts'
import { bindSource } from './bindSource.ts'
import type { LocalTable } from './bindSource.ts'
import { checkBuild, refuseFailures } from './checkBuild.ts'
import { exportTable } from './exportTable.ts'
import { finishFile } from './finishFile.ts'
import type { BuiltTable, ContentFile } from './exportTable.ts'
import { loadSeed } from './loadSeed.ts'
import { materialize } from './materialize.ts'
import type { Materialized } from './materialize.ts'
import { MUCH_MEMORY, openDatabase } from '../../lake/openDatabase.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { queryBeside } from './queryBeside.ts'
import { runUnitTest } from './runUnitTest.ts'
import { syncsOf } from '../../lake/syncsOf.ts'
import { testLog } from './testLog.ts'

/** Of a new file: DuckDB 1.2 and later read it. Those before have no zstd. */
const STORED_AS = "storage_version 'v1.2.0'"
/** Nobody needs what a build that breaks off has made: there is no log to write, nor to wait for. */
const NO_LOG = "recovery_mode 'no_wal_writes'"

/** What one build leaves in its folder. */
export interface BuiltModels {
  /** The finished DuckDB file with all models that are published or kept. */
  readonly database: string
  readonly tables: readonly BuiltTable[]
  readonly checks: readonly CheckResult[]
  /** What the version keeps of what was computed of it. */
  readonly figures: KeptFigures
}

/** The version that a build goes on from: only what has changed since is made anew. */
export interface BaseVersion {
  readonly version: number
  /** The files of each of its tables. */
  readonly files: Readonly<Record<string, readonly ContentFile[]>>
  /** Resolves once its database is there: a build begins without. */
  readonly database: Promise<BaseDatabase>
}

export interface BaseDatabase {
  /** A local copy, in the build's own folder, which the build goes on with. */
  readonly path: string
  /** Whether it is, byte for byte, what was checked when it was published. */
  readonly isAsChecked: boolean
}

export interface BuildModelsOptions {
  readonly project: CompiledProject
  /** The project's folder: where the seeds are. */
  readonly root: string
  readonly schema: string
  /** By name of the source's table; undefined where the table does not exist yet. */
  readonly sources: Readonly<Record<string, LocalTable | undefined>>
  readonly gates: readonly BuildGate[]
  /** Unit tests that are run. @defaultValue all in a build without a base, else none */
  readonly unitTests?: CompiledProject['unitTests'] | undefined
  /** @defaultValue none: everything is built */
  readonly base?: BaseVersion | undefined
  /** What the version before keeps of what was computed of it. @defaultValue nothing */
  readonly figures?: KeptFigures | undefined
  /** An empty folder of this build's own. */
  readonly directory: string
  readonly threads: number
  readonly memoryBytes: number
  readonly signal: AbortSignal | undefined
  readonly node: string
  /** @defaultValue the machine's */
  readonly clock?: Pick<Clock, 'now'>
  /** Is told when the file of the database is whole: it is only read from then on. */
  readonly finished?: (file: string) => void
  /** Is told how the tests went, also of a build that they reject. */
  readonly tested?: (results: readonly NodeResult[]) => Promise<void>
}

/**
 * Builds the models of a project, checks them and writes what is published as one DuckDB file and as
 * Parquet files (zstd). Over a base, incremental models add to what that has. Unit tests judge the SQL,
 * so they run with builds that have no base: one comes first after each change of the models that is published.
 *
 * @throws GateError `SBX_MODELS_CHECK`; OperatorError `SBX_MODELS_SQL` (a model's SQL failed);
 *   ConfigError `SBX_MODELS_UNSUPPORTED` (a column of a type that Delta tables don't have)
 */
export async function buildModels(options: BuildModelsOptions): Promise<BuiltModels> {
  const { project, directory, node, base, root, memoryBytes } = options
  const { clock = { now: () => Date.now() } } = options
  const log = testLog(clock)
  const database = await openDatabase({ ...options, spillDirectory: join(directory, 'spill') })
  let tables: ReadonlyMap<string, CheckedTable> = new Map()
  const byName = new Map(project.models.map(({ name, relation }) => [name, relation]))
  const tableOf = (relation: string) => tables.get(relation) ?? { id: relation, relation }
  const figures = figureBook({
    query: (sql) => database.rows(sql),
    model: (name) => {
      const relation = byName.get(name)
      return relation === undefined ? tableByName(name) : tableOf(relation)
    },
    kept: options.figures,
  })
  // Statements of one connection wait for each other. A full build needs the memory for its models, if there is little.
  const beside =
    base === undefined && memoryBytes < MUCH_MEMORY ? undefined : await database.connect()
  const begun = new Map<BuildGate, Promise<GateCheck>>()
  try {
    for (const gate of base === undefined ? [] : options.gates) {
      const query = queryBeside((sql) => beside!.rows(sql))
      const check = gate.begin?.(query, figures.beforehand(query))
      check?.catch(() => {})
      if (check !== undefined) begun.set(gate, check)
    }
    for (const source of project.sources) {
      await bindSource(database, source, options.sources[source.table])
    }
    for (const seed of project.seeds) await loadSeed(database, seed, { root, node })
    const { path: file, isAsChecked } = (await base?.database) ?? {
      ...{ path: join(directory, 'gold.duckdb'), isAsChecked: false },
    }
    const how = `${STORED_AS}, ${NO_LOG}`
    await database.run(`attach ${literal(file)} as ${PUBLISHED_CATALOG} (${how})`)
    for (const schema of [options.schema, keptSchema(options.schema)]) {
      await database.run(`create schema if not exists ${PUBLISHED_CATALOG}.${identifier(schema)}`)
    }
    const { unitTests = base === undefined ? project.unitTests : [] } = options
    const judged: CheckResult[] = []
    const made = new Map<string, Materialized>()
    // Of a copy most stays as it is, and what models add grows.
    const syncs = syncsOf(() => realDisk.syncFile(file))
    syncs.begin()
    for (const model of project.models) {
      for (const test of unitTests) {
        if (test.model !== model.uniqueId) continue
        const run = () => runUnitTest(database, test, directory)
        const { status: _, ...result } = await log.run(test, run)
        judged.push(result)
      }
      const anew = base === undefined || model.config.fullRefresh === true
      made.set(
        model.name,
        await materialize(database, model, { anew, node, keepAdded: model.published }),
      )
      syncs.begin()
    }
    refuseFailures(judged, node)
    tables = checkedTables(project, made, isAsChecked)
    await finishFile(database, base?.version)
    await syncs.end()
    options.finished?.(file)
    // Checks beside it: where a statement has only one thread left to do something, the other's goes on. What a refresh has
    // added only its own connection sees; there checks wait for the lake now and then, which is time for this.
    const exporter = (base === undefined ? beside : undefined) ?? database
    const exporting = exportTables(exporter, options, made)
    // Whoever waits for the tables hears of it, once the checks are done.
    exporting.catch(() => {})
    const tested = await checkBuild(database, {
      ...{ ...options, tests: project.tests, sources: project.sources },
      ...{ figures, tableOf, log, clock, begun },
    }).finally(() => Promise.allSettled([exporting]))
    const exported = await exporting
    await database.run(`detach ${PUBLISHED_CATALOG}`)
    const checks = [...judged, ...tested]
    return { database: file, tables: exported, checks, figures: figures.keep() }
  } catch (error) {
    await Promise.allSettled(begun.values())
    // A gate that can't say so goes on as before.
    if (error instanceof GateError) {
      await Promise.allSettled(options.gates.map(async (gate) => gate.refused?.()))
    }
    throw error
  } finally {
    await Promise.allSettled(begun.values())
    beside?.close()
    database.close()
    if (log.results.length > 0) await options.tested?.(log.results)
  }
}

async function exportTables(
  database: Database,
  { project, directory, base }: BuildModelsOptions,
  made: ReadonlyMap<string, Materialized>,
): Promise<readonly BuiltTable[]> {
  const exported: BuiltTable[] = []
  for (const model of project.models) {
    const how = made.get(model.name)
    if (!model.published || how === undefined) continue
    const before = base?.files[model.name]
    exported.push(await exportTable(database, model, { directory, how, before }))
  }
  return exported
}

/** The published models as checks see them: of the others no figures are kept. */
function checkedTables(
  { models }: CompiledProject,
  made: ReadonlyMap<string, Materialized>,
  isAsChecked: boolean,
): ReadonlyMap<string, CheckedTable> {
  return new Map(
    models
      .filter(({ published }) => published)
      .map(({ name, relation, config }) => {
        const how = isAsChecked ? made.get(name) : undefined
        // What is deleted by its key is inserted again.
        const isReplaced = how?.incremental === true && strategyOf(config) === 'delete+insert'
        const keeps = isReplaced && config.uniqueKey.length === 1 ? config.uniqueKey : []
        return [relation, { id: name, relation, stamp: null, added: how?.added, keeps }]
      }),
  )
}
