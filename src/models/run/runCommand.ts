import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { openDatabase } from '../../lake/openDatabase.ts'
import { earlierStates } from '../artifacts/earlierStates.ts'
import { manifestOf } from '../artifacts/manifest.ts'
import type { Invocation } from '../artifacts/manifest.ts'
import { runResultsOf, sourcesOf } from '../artifacts/runResults.ts'
import type { FreshnessResult, NodeResult } from '../artifacts/runResults.ts'
import { compileProject } from '../project/compileProject.ts'
import type { CompiledProject } from '../project/projectNodes.ts'
import { readProject } from '../project/readProject.ts'
import { selectNodes } from '../project/selectNodes.ts'
import { selectableNodes } from '../project/selectable.ts'
import { identifier, literal } from '../project/sqlText.ts'
import type { ProjectCommand, ProjectRun, RunProjectOptions } from '../runProject.ts'
import { bindSources, runLayout } from './bindSources.ts'
import { runNodes } from './runNodes.ts'
import { sourceFreshness } from '../build/sourceFreshness.ts'
import { makeWorkFolder } from '../workFolder.ts'

/** Runs a dbt command on a DuckDB file. */
export async function runCommand(options: RunProjectOptions): Promise<ProjectRun> {
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
  refuseTaken(name, options.database)
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
    await mkdir(dirname(resolve(options.database)), { recursive: true })
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
    return { success, results, freshness, warnings: read.warnings }
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
  const refused = (why: string) => (cause: unknown) => {
    throw new ConfigError(`${file} ${why}: give the target folder of an earlier run`, {
      code: 'SBX_MODELS_SELECT',
      cause,
    })
  }
  const text = await readFile(file, 'utf8').catch(refused("can't be read"))
  const now = manifestOf(project, { id: randomUUID(), startedMs: 0, nowMs: 0 })
  const states = async () => earlierStates(parsed(text), now, nodes)
  const earlier = await states().catch(refused('is no manifest of dbt or of this runner'))
  return selectNodes(nodes, { select, exclude }, earlier)
}

function parsed(text: string): JsonObject {
  const manifest = JSON.parse(text) as JsonObject | null
  if (typeof manifest?.['nodes'] !== 'object') throw new Error('it has no nodes')
  return manifest
}

/** Names that DuckDB has for itself. */
const TAKEN = ['memory', 'main', 'system', 'temp']

/** A database goes by its file's name, as dbt-duckdb has it. */
function refuseTaken(name: string, file: string): void {
  if (!TAKEN.includes(name.toLowerCase())) return
  throw new ConfigError(
    `runProject: '${file}' would be the database '${name}', which DuckDB has one of itself: give the file another name`,
    { code: 'SBX_MODELS_OPTIONS' },
  )
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
