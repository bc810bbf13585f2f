import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../core/clock.ts'
import { ConfigError } from '../core/errors.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { openDatabase } from '../lake/openDatabase.ts'
import { manifestOf, statesOf } from './artifacts/manifest.ts'
import type { Invocation } from './artifacts/manifest.ts'
import { runResultsOf, sourcesOf } from './artifacts/runResults.ts'
import type { FreshnessResult, NodeResult } from './artifacts/runResults.ts'
import { compileProject } from './project/compileProject.ts'
import type { CompiledProject } from './project/projectNodes.ts'
import { readProject } from './project/readProject.ts'
import { selectNodes } from './project/selectNodes.ts'
import { selectableNodes } from './project/selectable.ts'
import { identifier, literal } from './project/sqlText.ts'
import { bindSources, runLayout } from './run/bindSources.ts'
import { runNodes } from './run/runNodes.ts'
import { sourceFreshness } from './run/sourceFreshness.ts'
import { makeWorkFolder } from './workFolder.ts'

/** What a run does with the nodes that it selects: dbt's commands. */
export type ProjectCommand = 'build' | 'run' | 'test' | 'seed' | 'compile' | 'freshness'

export interface RunProjectOptions {
  /** The folder of a dbt project. */
  readonly project: string | URL
  /** A DuckDB file, made if it is not there. */
  readonly database: string
  /** @defaultValue `'main'` */
  readonly schema?: string
  /** @defaultValue `'build'` */
  readonly command?: ProjectCommand
  /** In dbt's notation: `+orders tag:daily`. @defaultValue everything */
  readonly select?: string | readonly string[]
  readonly exclude?: string | readonly string[]
  /** The folder of an earlier run's `manifest.json`: what `state:` compares with. */
  readonly state?: string
  /** Over the variables of the project. */
  readonly vars?: JsonObject
  /** Incremental models are built anew. @defaultValue `false` */
  readonly fullRefresh?: boolean
  /** Failing rows of all tests are stored. @defaultValue `false` */
  readonly storeFailures?: boolean
  /** Nodes at a time. @defaultValue 1 */
  readonly threads?: number
  /** Memory that DuckDB may hold, in bytes. @defaultValue 1 GiB */
  readonly memoryBytes?: number
  /** Where `manifest.json`, `run_results.json` and `sources.json` go. @defaultValue `<project>/target` */
  readonly target?: string
  /** @defaultValue the process's */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly clock?: Pick<Clock, 'now'>
  readonly signal?: AbortSignal
}

export interface ProjectRun {
  /** No node ended with `error` or `fail`. */
  readonly success: boolean
  readonly results: readonly NodeResult[]
  /** Of the command `freshness`. */
  readonly freshness: readonly FreshnessResult[]
}

/**
 * Runs a dbt project on a DuckDB file as `dbt build` does: seeds, models, tests and unit tests in the
 * order of what they read; what is behind a failure is skipped. Writes `manifest.json` and
 * `run_results.json`, which dbt's own readers load. Sources are tables of the database, Delta tables
 * (`meta: {plugin: delta, delta_table_path}`) or files (`meta: {external_location}`).
 *
 * **Delivery**: each model changes in one step; a run that is broken off leaves those that it has
 * built. Run it again: what is there is built anew or, where it is incremental, added to.
 *
 * @throws ConfigError `SBX_MODELS_PROJECT`, `SBX_MODELS_UNSUPPORTED`, `SBX_MODELS_SELECT`,
 *   `SBX_MISSING_PEER`; what a node's SQL does wrong is in the results
 * @example
 * ```ts
 * const { success, results } = await runProject({
 *   project: './models',
 *   database: './warehouse.duckdb',
 *   select: 'state:modified+',
 *   state: './last-run',
 * })
 * for (const { uniqueId, status } of results) console.log(uniqueId, status)
 * console.log(success)
 * ```
 * @see https://docs.getdbt.com/reference/commands/build
 */
export async function runProject(options: RunProjectOptions): Promise<ProjectRun> {
  const { project: given, schema = 'main', command = 'build', env = process.env } = options
  const { vars = {}, fullRefresh = false, threads = 1, clock = { now: () => Date.now() } } = options
  if (!Number.isInteger(threads) || threads < 1) {
    throw new ConfigError(`threads must be a whole number from 1 on, got ${threads}`, {
      code: 'SBX_MODELS_OPTIONS',
    })
  }
  const root = resolve(given instanceof URL ? fileURLToPath(given) : given)
  const target = options.target ?? join(root, 'target')
  const startedMs = clock.now()
  const read = readProject(root, { vars, env })
  const name = basename(options.database).replace(/\.[^.]*$/, '')
  const layout = runLayout(name, schema)
  const project = compileProject(read, { schema, env, vars, layout, fullRefresh })
  const chosen = await selected(project, options)

  const work = await makeWorkFolder()
  const database = await openDatabase({
    threads: 1,
    memoryBytes: options.memoryBytes ?? 2 ** 30,
    spillDirectory: join(work, 'spill'),
    signal: options.signal,
  })
  try {
    await database.run(`attach ${literal(resolve(options.database))} as ${identifier(name)}`)
    const judged = project.declaredSources.filter(
      ({ uniqueId, freshness }) => freshness !== undefined && chosen.has(uniqueId),
    )
    const bound = command === 'freshness' ? judged : project.sources
    await bindSources(database, bound, root)
    const freshness: FreshnessResult[] = []
    let results: readonly NodeResult[] = []
    if (command === 'freshness') {
      for (const source of judged) {
        const one = await sourceFreshness(database, source, clock.now())
        if (one !== undefined) freshness.push(one)
      }
    } else if (command !== 'compile') {
      const how = { command, threads, fullRefresh, store: options.storeFailures ?? false }
      results = await runNodes(database, project, chosen, {
        ...{ ...how, name, schema, root, directory: work, clock },
      })
    }
    const invocation = { id: randomUUID(), startedMs, nowMs: clock.now() }
    await writeArtifacts(target, project, { command, results, freshness, options, invocation })
    const success =
      results.every(({ status }) => status !== 'error' && status !== 'fail') &&
      freshness.every(({ status }) => status === 'pass' || status === 'warn')
    return { success, results, freshness }
  } finally {
    database.close()
    await rm(work, { recursive: true, force: true })
  }
}

async function selected(
  project: CompiledProject,
  { select, exclude, state }: RunProjectOptions,
): Promise<ReadonlySet<string>> {
  const nodes = selectableNodes(project)
  if (state === undefined) return selectNodes(nodes, { select, exclude })
  const file = join(state, 'manifest.json')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`${file} can't be read: give the target folder of an earlier run`, {
      code: 'SBX_MODELS_SELECT',
      cause,
    })
  })
  return selectNodes(nodes, { select, exclude }, statesOf(JSON.parse(text) as Json))
}

interface Outcome {
  readonly command: ProjectCommand
  readonly results: readonly NodeResult[]
  readonly freshness: readonly FreshnessResult[]
  readonly options: RunProjectOptions
  readonly invocation: Invocation
}

async function writeArtifacts(
  target: string,
  project: CompiledProject,
  { command, results, freshness, options, invocation }: Outcome,
): Promise<void> {
  await mkdir(target, { recursive: true })
  const write = (name: string, artifact: JsonObject) =>
    writeFile(join(target, name), `${JSON.stringify(artifact)}\n`)
  await write('manifest.json', manifestOf(project, invocation))
  if (command === 'freshness') await write('sources.json', sourcesOf(freshness, invocation))
  else if (command !== 'compile') {
    const list = (text: string | readonly string[] | undefined): Json =>
      typeof text === 'string' ? text.split(/\s+/) : [...(text ?? [])]
    const args: JsonObject = {
      ...{ which: command, select: list(options.select), exclude: list(options.exclude) },
      ...{ full_refresh: options.fullRefresh ?? false, vars: options.vars ?? {} },
      threads: options.threads ?? 1,
    }
    await write('run_results.json', runResultsOf(results, args, invocation))
  }
}
