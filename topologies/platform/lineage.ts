import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Column, Logger, Run, RunResult, Topology } from '../../src/index.ts'
import { describe, openLake } from '../../src/index.ts'
import { openDatabase } from '../../src/lake/openDatabase.ts'
import { columnLineage } from '../../src/lineage/columnLineage.ts'
import { foldLineage, type FoldedLineage } from '../../src/lineage/foldLineage.ts'
import { lineageEmitter } from '../../src/lineage/openLineage/lineageEmitter.ts'
import { runEvent, type DatasetFacts } from '../../src/lineage/openLineage/runEvent.ts'
import { compileProject } from '../../src/models/project/compileProject.ts'
import { readProject } from '../../src/models/project/readProject.ts'
import { readDelta } from '../../src/parquet.ts'
import { readResults } from '../../src/quality.ts'
import { suites } from '../quality/suites.ts'

const NAMESPACE = 'sluicebox'
const SEED = 'seed '
const MODELS = fileURLToPath(new URL('../models', import.meta.url))

/**
 * Sends OpenLineage events of a run: START at once, COMPLETE or FAIL when it has ended. Whatever goes wrong here
 * is logged and changes nothing for the run.
 */
export function followLineage(
  to: string,
  topology: Topology,
  {
    runId,
    done,
    mode,
  }: Pick<Run, 'runId' | 'done'> & { readonly mode: 'micro-batch' | 'streaming' },
  logger: Logger,
): { close(): Promise<void> } {
  const emitter = lineageEmitter({ to, logger })
  const startedMs = Date.now()
  const { inputs, outputs } = datasets(topology)
  const processing = mode === 'streaming' ? 'STREAMING' : 'BATCH'
  const common = { runId, namespace: NAMESPACE, job: topology.name, processing, inputs } as const
  emitter.emit(
    runEvent({ ...common, type: 'START', timeMs: startedMs, outputs: [...outputs.values()] }),
  )
  const ended = done
    .then(
      async (result) => {
        const told = await known(topology, outputs, startedMs, result)
        return runEvent({ ...common, type: 'COMPLETE', timeMs: Date.now(), outputs: told })
      },
      async (error: unknown) => {
        const told = await known(topology, outputs, startedMs, undefined)
        const text = error instanceof Error ? error.message : String(error)
        return runEvent({ ...common, type: 'FAIL', timeMs: Date.now(), outputs: told, error: text })
      },
    )
    .then(
      (event) => emitter.emit(event),
      (error: unknown) => logger.warn('lineage_lost', { why: String(error) }),
    )
  return {
    async close() {
      await ended
      await emitter.close()
    },
  }
}

/** Sources, and by their path in the lake, sinks and tables. */
function datasets(topology: Topology) {
  const inputs: DatasetFacts[] = []
  const outputs = new Map<string, DatasetFacts & { readonly node: string }>()
  for (const { kind, name, options } of describe(topology).nodes) {
    const { path, topic, brokers, lake, columns } = options
    if (typeof topic === 'string') {
      const dataset = { namespace: `kafka://${String(brokers)}`, name: topic }
      if (kind === 'source') inputs.push(dataset)
      else outputs.set(`kafka:${topic}`, { ...dataset, node: name })
    } else if (kind === 'source') {
      if (typeof path === 'string') inputs.push({ namespace: 'file', name: resolve(path) })
    } else if (kind !== 'models' && typeof path === 'string' && typeof lake === 'string') {
      const typed = Array.isArray(columns)
        ? { columns: (columns as unknown as Column[]).map(named) }
        : {}
      outputs.set(path, { ...placeOf(lake, path), ...typed, node: name })
    }
  }
  return { inputs, outputs }
}

const named = ({ name, type }: Column) => ({ name, type })

/** How OpenLineage names what lies in a lake. */
function placeOf(
  lake: string,
  path: string,
): { readonly namespace: string; readonly name: string } {
  const [, bucket, prefix = ''] = /^(s3:\/\/[^/]+)\/?(.*)$/.exec(lake) ?? []
  if (bucket === undefined) return { namespace: 'file', name: resolve(lake, path) }
  return { namespace: bucket, name: prefix === '' ? path : `${prefix}/${path}` }
}

/** Where a column's origin is: a seed, a table of the lake by its path, or another model. */
function originOf(lake: string, table: string): { namespace: string; table: string } {
  if (table.startsWith(SEED)) {
    const file = `${table.slice(SEED.length)}.csv`
    return { namespace: 'file', table: resolve(MODELS, 'seeds', file) }
  }
  const { namespace, name } = placeOf(lake, table.includes('/') ? table : `gold/${table}`)
  return { namespace, table: name }
}

/** What is known of the outputs when a run has ended: rows, results of suites, Gold's schema and lineage. */
async function known(
  topology: Topology,
  outputs: ReadonlyMap<string, DatasetFacts & { readonly node: string }>,
  startedMs: number,
  result: RunResult | undefined,
): Promise<readonly DatasetFacts[]> {
  const gold = describe(topology).nodes.find(({ kind }) => kind === 'models')
  const lake = String(gold?.options['lake'])
  const assertions = await assertionsSince(lake, startedMs)
  const told: DatasetFacts[] = []
  for (const [path, { node, ...dataset }] of outputs) {
    const rows = (result?.tasks ?? []).reduce((sum, task) => sum + (task.ledger[node]?.in ?? 0), 0)
    const written = result === undefined ? {} : { written: { rows } }
    told.push({ ...dataset, ...written, assertions: assertions.get(path) ?? [] })
  }
  const rows = result?.builds['gold']?.rows ?? {}
  const reads = Object.values((gold?.options['reads'] ?? {}) as Readonly<Record<string, string>>)
  const lineages: FoldedLineage = result === undefined ? new Map() : await goldLineage(reads)
  const failing = [...assertions.keys()].filter((path) => path.startsWith('gold/'))
  const models = result === undefined ? failing.map((path) => path.slice(5)) : Object.keys(rows)
  const store = await openLake(lake)
  for (const model of models) {
    const path = `gold/${model}`
    const table = result === undefined ? undefined : await readDelta(store, path)
    const lineage = lineages.get(model)
    const placed = Object.entries(lineage ?? {}).map(([column, origins]) => {
      return [
        column,
        origins.map((origin) => ({ ...origin, ...originOf(lake, origin.table) })),
      ] as const
    })
    told.push({
      ...placeOf(lake, path),
      ...(table === undefined ? {} : { columns: table.columns.map(named) }),
      ...(lineage === undefined ? {} : { lineage: Object.fromEntries(placed) }),
      ...(rows[model] === undefined ? {} : { written: { rows: rows[model] } }),
      assertions: assertions.get(path) ?? [],
    })
  }
  return told
}

/** Results of suites that were run since then, by the path of the table that they are about. */
async function assertionsSince(lake: string, startedMs: number) {
  const store = await openLake(lake)
  const found = new Map<string, { assertion: string; success: boolean; column?: string }[]>()
  for (const suite of suites) {
    const [newest] = await readResults(store, suite.name, 1)
    if (newest === undefined || Date.parse(newest.startedAt) < startedMs) continue
    for (const { table, type, kwargs, success } of newest.expectations) {
      const { delta, raw } = suite.tables.find((one) => one.table === table) ?? {}
      const path = delta ?? raw?.path ?? `gold/${table}`
      const column = kwargs['column'] ?? kwargs['columnA']
      const about = typeof column === 'string' ? { column } : {}
      found.set(path, [...(found.get(path) ?? []), { assertion: type, success, ...about }])
    }
  }
  return found
}

/** Where the columns of published models come from: columns of Silver, or of each other. */
async function goldLineage(reads: readonly string[]): Promise<FoldedLineage> {
  const project = compileProject(readProject(MODELS), { schema: 'main', env: process.env })
  const seeds = project.seeds.map(({ name, relation, content }) => ({
    name: `${SEED}${name}`,
    relation,
    columns: content
      .split('\n', 1)[0]!
      .split(',')
      .map((column) => column.trim()),
  }))
  const sources = project.sources.map(({ table, relation, columns }) => ({
    name: reads.find((path) => path.endsWith(`/${table}`)) ?? table,
    relation,
    columns: columns.map(({ name }) => name),
  }))
  const database = await openDatabase({
    threads: 1,
    memoryBytes: 128 * 2 ** 20,
    spillDirectory: tmpdir(),
    signal: undefined,
  })
  try {
    const query = (sql: string) => database.rows(sql)
    const lineages = await columnLineage(project.models, [...seeds, ...sources], query)
    const published = project.models.filter((model) => model.published).map(({ name }) => name)
    return foldLineage(lineages, new Set(published))
  } finally {
    database.close()
  }
}
