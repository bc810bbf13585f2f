import type { Clock } from '../../core/clock.ts'
import type { Database } from '../../lake/openDatabase.ts'
import type { NodeResult } from '../artifacts/runResults.ts'
import { loadSeed } from '../build/loadSeed.ts'
import { materialize } from '../build/materialize.ts'
import { messageOf, runTest } from '../build/runTest.ts'
import type { TestResult } from '../build/runTest.ts'
import { runUnitTest } from '../build/runUnitTest.ts'
import type { CompiledModel, CompiledProject, CompiledSeed } from '../project/projectNodes.ts'
import type { CompiledTest, CompiledUnitTest } from '../project/projectNodes.ts'
import { identifier } from '../project/sqlText.ts'
import { runGraph } from './runGraph.ts'
import type { Step } from './runGraph.ts'

export interface RunNodesOptions {
  readonly command: 'build' | 'run' | 'test' | 'seed'
  readonly threads: number
  readonly fullRefresh: boolean
  /** Whether every test stores its failing rows. */
  readonly store: boolean
  /** The database's name in SQL, and its schema for nodes that name none. */
  readonly name: string
  readonly schema: string
  readonly root: string
  /** For files that live as long as the run. */
  readonly directory: string
  readonly clock: Pick<Clock, 'now'>
}

type Node =
  | { readonly kind: 'seed'; readonly node: CompiledSeed }
  | { readonly kind: 'model'; readonly node: CompiledModel }
  | { readonly kind: 'test'; readonly node: CompiledTest }
  | { readonly kind: 'unit'; readonly node: CompiledUnitTest }

type Work = Step & Node

/** Runs the nodes that are chosen, each behind what it reads; what is behind a failure is skipped. */
export async function runNodes(
  database: Database,
  project: CompiledProject,
  chosen: ReadonlySet<string>,
  options: RunNodesOptions,
): Promise<readonly NodeResult[]> {
  const steps = stepsOf(project, options.command).filter(({ id }) => chosen.has(id))
  const workers = [database]
  while (workers.length < options.threads) workers.push(await database.connect())
  try {
    await createSchemas(database, steps, options)
    for (const worker of workers) {
      await worker.run(`use ${identifier(options.name)}.${identifier(options.schema)}`)
    }
    const results: NodeResult[] = []
    const failed = new Set<string>()
    await runGraph(steps, options.threads, async (step, worker) => {
      const startedMs = options.clock.now()
      const cause = step.after.find((id) => failed.has(id))
      const outcome =
        cause === undefined
          ? await runOne(workers[worker] ?? database, step, options)
          : { ...NOTHING, status: 'skipped' as const, message: `${cause} has failed` }
      if (['error', 'fail', 'skipped'].includes(outcome.status)) failed.add(step.id)
      const times = { startedMs, endedMs: options.clock.now() }
      results.push({ uniqueId: step.id, ...outcome, thread: worker + 1, ...times, ...textOf(step) })
    })
    return results
  } finally {
    for (const worker of workers.slice(1)) worker.close()
  }
}

type Outcome = Pick<NodeResult, 'status' | 'message' | 'failures' | 'sample'>
const NOTHING = { message: null, failures: null, sample: [] } as const

async function runOne(database: Database, step: Work, options: RunNodesOptions): Promise<Outcome> {
  const { root, directory, fullRefresh, store } = options
  try {
    switch (step.kind) {
      case 'seed':
        await loadSeed(database, step.node, { root })
        return { ...NOTHING, status: 'success' }
      case 'model': {
        // A model's own word goes before the run's.
        const anew = step.node.config.fullRefresh ?? fullRefresh
        await materialize(database, step.node, { anew })
        return { ...NOTHING, status: 'success' }
      }
      case 'test': {
        const { node } = step
        const test = store ? { ...node, config: { ...node.config, storeFailures: true } } : node
        return outcomeOf(await runTest(database, test, { store: true }))
      }
      case 'unit':
        return outcomeOf(await runUnitTest(database, step.node, directory))
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AbortError') throw error
    return { ...NOTHING, status: 'error', message: error.message }
  }
}

function outcomeOf(result: TestResult): Outcome {
  const { status, failures, sample } = result
  return { status, failures, message: messageOf(result), sample }
}

/** The SQL and the table of a node, for the results. */
function textOf(step: Work): Pick<NodeResult, 'sql' | 'relation'> {
  switch (step.kind) {
    case 'seed':
      return { sql: null, relation: null }
    case 'model':
      return { sql: step.node.sql, relation: step.node.relation }
    case 'test':
      return {
        sql: step.node.sql,
        relation: step.node.config.storeFailures ? step.node.relation : null,
      }
    case 'unit':
      return { sql: step.node.sql, relation: null }
  }
}

/** What a command runs, and what each piece waits for. */
function stepsOf(project: CompiledProject, command: RunNodesOptions['command']): Work[] {
  const { seeds, models, tests, unitTests } = project
  const steps: Work[] = []
  if (command === 'build' || command === 'seed') {
    for (const node of seeds) steps.push({ id: node.uniqueId, after: [], kind: 'seed', node })
  }
  if (command === 'build' || command === 'run') {
    const before = ancestorsOf(models)
    for (const node of models) {
      if (node.stored === 'ephemeral') continue
      const behind = before.get(node.uniqueId) ?? new Set()
      // A model waits for the tests of what it is made of, as in `dbt build`.
      const checked = tests.filter(({ reads }) => reads.every((id) => behind.has(id)))
      const judged = unitTests.filter(({ model }) => model === node.uniqueId)
      const after = [...behind, ...[...checked, ...judged].map(({ uniqueId }) => uniqueId)]
      steps.push({ id: node.uniqueId, after, kind: 'model', node })
    }
  }
  if (command === 'build' || command === 'test') {
    const parents = ancestorsOf(models)
    for (const node of tests) {
      const after = node.reads.flatMap((id) => [id, ...(parents.get(id) ?? [])])
      steps.push({ id: node.uniqueId, after, kind: 'test', node })
    }
    for (const node of unitTests) {
      const after = [...(parents.get(node.model) ?? [])]
      steps.push({ id: node.uniqueId, after, kind: 'unit', node })
    }
  }
  return steps
}

/** Everything before each model, through ephemeral ones too. Models come in their order. */
function ancestorsOf(models: readonly CompiledModel[]): ReadonlyMap<string, ReadonlySet<string>> {
  const before = new Map<string, Set<string>>()
  for (const { uniqueId, reads } of models) {
    const all = new Set(reads)
    for (const id of reads) for (const further of before.get(id) ?? []) all.add(further)
    before.set(uniqueId, all)
  }
  return before
}

async function createSchemas(
  database: Database,
  steps: readonly Work[],
  { name, schema }: RunNodesOptions,
): Promise<void> {
  const relations = steps.flatMap((step) =>
    step.kind === 'seed' || step.kind === 'model' ? [step.node.relation] : [],
  )
  const schemas = new Set(relations.map((relation) => relation.split('"."')[1] ?? schema))
  for (const one of [...schemas, schema]) {
    const quoted = identifier(one.replaceAll('"', ''))
    await database.run(`create schema if not exists ${identifier(name)}.${quoted}`)
  }
}
