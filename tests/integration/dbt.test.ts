import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonPath, runPython } from '../../scripts/python.ts'
import { runProject } from '../../src/models/runProject.ts'
import type { RunProjectOptions } from '../../src/models/runProject.ts'
import { contractLanding, runPlatform } from '../contract/platform.ts'
import { ephemeral, incremental, macros } from './dbtProjects.ts'
import type { ProjectFiles } from './dbtProjects.ts'

// dbt itself (dbt-core, dbt-duckdb) runs the same folders and must make the same tables; and it reads
// our artifacts with its own readers.

const models = join(import.meta.dirname, '../../topologies/models')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluicebox-dbt-'))
  await pythonPath()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Every table and view of two databases, and whether they hold the same rows. */
const COMPARE = `
import json, sys, duckdb, pathlib
ours, theirs = sys.argv[1], sys.argv[2]
# Views name their database, so each is opened under its own name.
def read(file, only=None):
    db = duckdb.connect()
    db.execute("set TimeZone = 'UTC'")
    name = pathlib.Path(file).stem
    db.execute(f"attach '{file}' as \\"{name}\\" (read_only)")
    db.execute(f'use "{name}"')
    rows = db.execute(f"select table_schema, table_name from information_schema.tables where table_catalog = '{name}'").fetchall()
    names = [f'"{s}"."{n}"' for s, n in rows]
    names = [n for n in names if only is None or n in only]
    return {n: (db.execute(f"describe {n}").fetchall(), db.execute(f"from {n}").to_arrow_table()) for n in names}
a = read(ours)
# Views over the Delta plugin's tables can be read within a run of dbt only.
b = read(theirs, a if sys.argv[3] == 'ours' else None)
found = {}
db = duckdb.connect()
for table in sorted(set(a) & set(b)):
    db.register('a', a[table][1]); db.register('b', b[table][1])
    counts = [db.execute(q).fetchall()[0][0] for q in (
        "select count(*) from a", "select count(*) from (from a except all from b)",
        "select count(*) from (from b except all from a)")]
    same = [c[:2] for c in a[table][0]] == [c[:2] for c in b[table][0]]
    found[table] = {'rows': counts[0], 'ours': counts[1], 'theirs': counts[2], 'columns': same}
print(json.dumps({'found': found, 'ours': sorted(a), 'theirs': sorted(b)}))
`
interface Comparison {
  readonly found: Record<string, { rows: number; ours: number; theirs: number; columns: boolean }>
  readonly ours: string[]
  readonly theirs: string[]
}

/** Has every table in both databases with the same rows, and says how many rows each has. */
async function expectSame(ours: string, theirs: string, only: 'ours' | 'all' = 'all') {
  const compared = await runPython<Comparison>(COMPARE, ours, theirs, only)
  const differing = Object.entries(compared.found).filter(
    ([, { ours: a, theirs: b, columns }]) => a + b > 0 || !columns,
  )
  expect(differing).toEqual([])
  const rows = Object.entries(compared.found).map(([name, table]) => [name, table.rows] as const)
  return { ...compared, rows: Object.fromEntries(rows) }
}

interface DbtResult {
  readonly unique_id: string
  readonly status: string
  readonly failures: number | null
}

/** Runs dbt; a failing test of the project is no error here. */
async function dbt(root: string, database: string, ...args: readonly string[]) {
  const bin = join(dirname(await pythonPath()), 'dbt')
  const flags = ['--profiles-dir', root, '--project-dir', root, '--no-use-colors']
  const env = {
    ...process.env,
    DBT_DATABASE: database,
    SLUICEBOX_DBT_DATABASE: database,
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    DBT_VERSION_CHECK: 'false',
  }
  const cli = await promisify(execFile)(bin, [...args, ...flags], { env, cwd: root }).catch(
    (error: { code?: number; stdout?: string }) => {
      if (error.code === 1 && /Completed with/.test(error.stdout ?? '')) return error
      throw new Error(`dbt ${args.join(' ')} failed: ${error.stdout ?? String(error)}`)
    },
  )
  const file = join(root, 'target/run_results.json')
  const { results } = JSON.parse(await readFile(file, 'utf8')) as { results: DbtResult[] }
  return { results, stdout: cli.stdout ?? '' }
}

function projectOf(name: string, files: ProjectFiles): string {
  const root = join(folder, name)
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  return root
}

/** What each node came to, by its name: dbt's words for both. */
const byName = (results: readonly { id: string; status: string; failures: number | null }[]) =>
  Object.fromEntries(
    results
      .map(({ id, status, failures }) => {
        const [kind, , ...name] = id.split('.')
        const short = kind === 'test' && name.length > 1 ? name.slice(0, -1) : name
        return [`${kind} ${short.join('.')}`, `${status} ${failures ?? ''}`.trim()] as const
      })
      .sort(),
  )

/** Runs a project here and by dbt, each over its own database, several times over. */
async function both(
  name: string,
  files: ProjectFiles,
  runs: readonly Partial<RunProjectOptions>[],
) {
  const root = projectOf(name, files)
  const ours = join(folder, `${name}-ours`, `${name}.duckdb`)
  const theirs = join(folder, `${name}-theirs`, `${name}.duckdb`)
  for (const file of [ours, theirs]) mkdirSync(dirname(file))
  const compared = []
  for (const own of runs) {
    const target = join(folder, `${name}-target`)
    const ran = await runProject({ project: root, database: ours, target, threads: 2, ...own })
    const args = [
      ...(own.vars === undefined ? [] : ['--vars', JSON.stringify(own.vars)]),
      ...(own.fullRefresh === true ? ['--full-refresh'] : []),
      ...(typeof own.select === 'string' ? ['--select', ...own.select.split(' ')] : []),
      ...(typeof own.exclude === 'string' ? ['--exclude', ...own.exclude.split(' ')] : []),
    ]
    const { results } = await dbt(root, theirs, 'build', ...args)
    const got = ran.results.map(({ uniqueId: id, status, failures }) => ({ id, status, failures }))
    const want = results.map(({ unique_id: id, ...result }) => ({ id, ...result }))
    const failing = ran.results.filter(({ status }) => status === 'error')
    expect(failing.map(({ uniqueId, message }) => [uniqueId, message])).toEqual([])
    expect(byName(got)).toEqual(byName(want))
    const same = await expectSame(ours, theirs)
    expect(same.ours).toEqual(same.theirs)
    compared.push(same.rows)
  }
  return { root, target: join(folder, `${name}-target`), compared }
}

/** Our artifacts by dbt's readers: what these find in them. */
const LOAD = `
import json, sys
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunResultsArtifact
from dbt.artifacts.schemas.freshness import FreshnessExecutionResultArtifact
from dbt.contracts.graph.manifest import Manifest
folder = sys.argv[1]
writable = WritableManifest.read_and_check_versions(folder + '/manifest.json')
manifest = Manifest.from_writable_manifest(writable)
results = RunResultsArtifact.read_and_check_versions(folder + '/run_results.json')
sources = []
try:
    found = FreshnessExecutionResultArtifact.read_and_check_versions(folder + '/sources.json')
    sources = [[r.unique_id, str(r.status)] for r in found.results]
except Exception as error:
    if 'sources.json' not in str(error):
        raise
print(json.dumps({
    'nodes': {i: [type(n).__name__, sorted(n.depends_on_nodes)] for i, n in manifest.nodes.items()},
    'sources': sorted(manifest.sources), 'macros': sorted(manifest.macros),
    'unit_tests': sorted(manifest.unit_tests), 'results': {r.unique_id: str(r.status) for r in results.results},
    'freshness': sources,
}))
`
interface Loaded {
  readonly nodes: Record<string, [string, string[]]>
  readonly sources: string[]
  readonly macros: string[]
  readonly unit_tests: string[]
  readonly results: Record<string, string>
  readonly freshness: [string, string][]
}

describe('the platform’s project', () => {
  test('gives the same tables by dbt, over the same Silver', async () => {
    const lake = join(folder, 'lake')
    await runPlatform(['--lake', lake, '--landing', contractLanding, '--parallelism', '1'])
    const root = join(folder, 'platform')
    await cp(models, root, { recursive: true })
    process.env['SLUICEBOX_LAKE'] = lake
    const theirs = join(folder, 'dbt.duckdb')
    const { results } = await dbt(root, theirs, 'build', '--threads', '1')
    expect(results.filter(({ status }) => !['success', 'pass'].includes(status))).toEqual([])
    const { rows, ours } = await expectSame(join(lake, 'gold/gold.duckdb'), theirs, 'ours')
    expect(Object.keys(rows)).toEqual(ours)
    expect(ours).toHaveLength(12)
    expect(rows['"main"."dim_posts"']).toBe(24_440)

    // Days one by one, as a refresh builds them, are nothing else.
    const days = await runPython<string[]>(
      `import duckdb, json, sys
db = duckdb.connect(sys.argv[1], read_only=True)
print(json.dumps([str(d) for d, in db.execute('select date from dim_date order by 1 limit 2').fetchall()]))`,
      theirs,
    )
    const vars = JSON.stringify({ touched_dates: days })
    await dbt(root, theirs, 'run', '--vars', vars)
    await expectSame(join(lake, 'gold/gold.duckdb'), theirs, 'ours')
  })
})

describe('projects of others', () => {
  test('incremental: append, delete+insert, merge, a new column, a full refresh', async () => {
    const until = (day: string) => ({ vars: { until: day } })
    const { compared } = await both('orders', incremental, [
      {},
      until('2024-01-03'),
      until('2024-01-04'),
      { ...until('2024-01-02'), fullRefresh: true },
    ])
    expect(compared.map((rows) => rows['"main"."log"'])).toEqual([3, 5, 6, 3])
  })

  test('macros: loops, defaults, tests of the project’s own, contracts, selections', async () => {
    const { target } = await both('metrics', macros, [
      {},
      { select: 'tag:daily,config.materialized:view +by_day', exclude: 'test_type:singular' },
    ])
    const loaded = await runPython<Loaded>(LOAD, target)
    expect(loaded.macros).toContain('macro.metrics.pivot')
    expect(loaded.nodes['model.metrics.by_day']).toEqual(['ModelNode', ['model.metrics.events']])
  })

  test('ephemeral models, relations, unit tests', async () => {
    const { target, root } = await both('library', ephemeral, [{}, {}])
    const loaded = await runPython<Loaded>(LOAD, target)
    expect(loaded.unit_tests).toEqual(['unit_test.library.shelf.counts_books_of_known_authors'])
    expect(loaded.nodes['model.library.known_books']).toEqual([
      'ModelNode',
      ['model.library.stg_books', 'seed.library.authors'],
    ])
    expect(loaded.results['model.library.shelf']).toBe('success')

    // By dbt's manifest nothing has changed since for us,
    const theirs = join(folder, 'library-dbt-state')
    await cp(join(root, 'target'), theirs, { recursive: true })
    const since = (state: string) =>
      runProject({
        ...{ project: root, database: join(folder, 'library-ours/library.duckdb') },
        ...{ command: 'build', select: 'state:modified', state },
      })
    expect((await since(theirs)).results).toEqual([])
    // and dbt selects by ours what has.
    writeFileSync(
      join(root, 'models/titles.sql'),
      "select title, author_id from {{ ref('stg_books') }}",
    )
    const state = join(folder, 'library-state')
    await cp(target, state, { recursive: true })
    const changed = ['ls', '--select', 'state:modified', '--state', state]
    const { stdout } = await dbt(root, join(folder, 'library-theirs/library.duckdb'), ...changed)
    expect(stdout).toContain('library.titles')
    expect(stdout).not.toContain('library.shelf\n')
    const ours = await runProject({
      ...{ project: root, database: join(folder, 'library-ours/library.duckdb'), command: 'run' },
      ...{ select: 'state:modified', state },
    })
    expect(ours.results.map(({ uniqueId }) => uniqueId)).toEqual(['model.library.titles'])
    const models = (await since(theirs)).results.filter(({ uniqueId }) => /^model/.test(uniqueId))
    expect(models.map(({ uniqueId }) => uniqueId)).toEqual(['model.library.titles'])
  })
})
