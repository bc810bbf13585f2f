import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runProject } from '../../src/models/runProject.ts'
import type { RunProjectOptions } from '../../src/models/runProject.ts'
import { projectFolder } from './projectFolder.ts'
import { query } from './silverLake.ts'

const PROJECT = { 'dbt_project.yml': 'name: shop\nmodels: { shop: { +materialized: table } }' }

function shop(files: Readonly<Record<string, string>>) {
  const root = projectFolder({ ...PROJECT, ...files })
  const folder = mkdtempSync(join(tmpdir(), 'sluicebox-test-run-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const database = join(folder, 'shop.duckdb')
  return {
    root,
    folder,
    write: (file: string, text: string) => writeFileSync(join(root, file), text),
    run: async (own: Partial<RunProjectOptions> = {}) => {
      const ran = await runProject({ project: root, database, ...own })
      const statuses = ran.results.map(({ uniqueId, status }) => {
        const [kind, , ...name] = uniqueId.split('.')
        return `${kind === 'model' ? '' : `${kind} `}${name[0]}${kind === 'unit_test' ? `.${name[1]}` : ''}: ${status}`
      })
      return { ...ran, statuses }
    },
    rows: (sql: string) =>
      query(database, async (all) =>
        (await all(sql)).map((row) => Object.values(row).join(',')).join(' '),
      ),
    artifact: async (name: string) =>
      JSON.parse(await readFile(join(root, 'target', name), 'utf8')) as never,
  }
}

describe('runProject', () => {
  it('builds seeds, models and tests in their order, into schemas of their own', async () => {
    const { run, rows } = shop({
      'seeds/codes.csv': 'code,label\n1,a\n2,b\n',
      'models/a.sql': "{{ config(schema='extra', alias='b') }} select * from {{ ref('codes') }}",
      'models/view.sql': "{{ config(materialized='view') }} select code from {{ ref('a') }}",
      'models/schema.yml':
        'models:\n  - name: a\n    columns: [{ name: code, tests: [unique, not_null] }]',
    })
    const { success, statuses } = await run({ threads: 3 })
    expect(success).toBe(true)
    expect(statuses.at(-1)).toBe('view: success')
    expect(statuses.toSorted()).toEqual([
      'a: success',
      'seed codes: success',
      'test not_null_a_code: pass',
      'test unique_a_code: pass',
      'view: success',
    ])
    expect(await rows('select * from main_extra.b order by 1')).toBe('1,a 2,b')
    expect(await rows('select * from main.view order by 1')).toBe('1 2')
  })

  it('skips what is behind a failure, and goes on with the rest', async () => {
    const { run } = shop({
      'models/bad.sql': 'select 1 as id union all select 1',
      'models/behind.sql': "select * from {{ ref('bad') }}",
      'models/broken.sql': 'select nothing',
      'models/fine.sql': 'select 1 as id',
      'models/schema.yml': 'models:\n  - name: bad\n    columns: [{ name: id, tests: [unique] }]',
    })
    const { success, statuses, results } = await run()
    expect(success).toBe(false)
    expect(statuses.toSorted()).toEqual([
      'bad: success',
      'behind: skipped',
      'broken: error',
      'fine: success',
      'test unique_bad_id: fail',
    ])
    const failed = results.find(({ status }) => status === 'fail')
    expect(failed).toMatchObject({
      message: 'Got 1 result, configured to fail',
      sample: [{ unique_field: 1, n_records: '2' }],
    })
    expect(results.find(({ status }) => status === 'error')?.message).toContain('models/broken.sql')
  })

  it('adds to incremental models, and builds them anew where it is told to', async () => {
    const { run, rows } = shop({
      'models/log.sql': `{{ config(materialized='incremental', full_refresh=none) }}
select {{ var('n') }} as n{% if is_incremental() %}, 1 as later{% endif %}`,
      'models/kept.sql': `{{ config(materialized='incremental', full_refresh=false) }}
select {{ var('n') }} as n`,
    })
    await run({ vars: { n: 1 } })
    await run({ vars: { n: 2 } })
    expect(await rows('from log order by all')).toBe('1 2')
    await run({ vars: { n: 3 }, fullRefresh: true })
    expect(await rows('from log')).toBe('3')
    expect(await rows('from kept order by all')).toBe('1 2 3')
  })

  it('holds columns of incremental models to what on_schema_change says', async () => {
    const model = (what: string) =>
      `{{ config(materialized='incremental', on_schema_change='${what}') }} select {{ var('columns') }}`
    const { run, rows } = shop({
      'models/fail.sql': model('fail'),
      'models/ignore.sql': model('ignore'),
      'models/append.sql': model('append_new_columns'),
      'models/sync.sql': model('sync_all_columns'),
    })
    await run({ vars: { columns: '1 as a, 2 as b' } })
    const { statuses, results } = await run({ vars: { columns: '3 as a, 5 as b, 4::bigint as c' } })
    expect(statuses).toContain('fail: error')
    expect(results.map(({ message }) => message).join()).toContain('run it with a full refresh')
    expect(await rows('from ignore order by a')).toBe('1,2 3,5')
    expect(await rows('from append order by a')).toBe('1,2, 3,5,4')
    expect(await rows('from sync order by a')).toBe('1,2, 3,5,4')
    await run({ vars: { columns: '7 as c' }, select: 'sync append' })
    expect(await rows('from sync order by c')).toBe('4 7 ')
    expect(await rows('select c from append order by c')).toBe('4 7 ')
  })

  it('judges tests by severity, conditions, limits and where', async () => {
    const { run, rows } = shop({
      'models/n.sql': 'select unnest([1, 2, 3, null, null]) as n',
      'models/schema.yml': `models:
  - name: n
    columns:
      - name: n
        data_tests:
          - not_null: { name: strict }
          - not_null: { name: lenient, severity: warn }
          - not_null: { name: up_to_two, error_if: '>2', warn_if: '>1' }
          - not_null: { name: many, error_if: '>= 10', warn_if: '> 9' }
          - not_null: { name: limited, limit: 1, error_if: '>1' }
          - not_null: { name: some_rows, where: n > 0 }
          - accepted_values: { name: summed, values: [1], quote: false, fail_calc: sum(n_records * 10), store_failures: true }
`,
    })
    const { results } = await run()
    const tests = results.filter(({ uniqueId }) => uniqueId.startsWith('test.'))
    expect(
      Object.fromEntries(
        tests.map(({ uniqueId, status, failures }) => [
          uniqueId.split('.')[2],
          `${status} ${failures}`,
        ]),
      ),
    ).toEqual({
      strict: 'fail 2',
      lenient: 'warn 2',
      up_to_two: 'warn 2',
      many: 'pass 2',
      limited: 'warn 1',
      some_rows: 'pass 0',
      summed: 'fail 20',
    })
    expect(await rows('select value_field from main_dbt_test__audit.summed order by 1')).toBe('2 3')
  })

  it('refuses SQL that breaks its contract, and rows that break a constraint', async () => {
    const contract = (name: string, columns: string) =>
      `  - name: ${name}\n    config: { contract: { enforced: true } }\n    columns: ${columns}\n`
    const { run, rows } = shop({
      'models/wrong.sql': "select 1 as id, 'x' as name, 2 as more",
      'models/null_id.sql': 'select null::int as id',
      'models/right.sql': "select 'x' as name, 1 as id",
      'models/schema.yml': `models:
${contract('wrong', '[{ name: id, data_type: bigint }, { name: name, data_type: varchar }, { name: gone, data_type: date }]')}${contract('null_id', '[{ name: id, data_type: int, constraints: [{ type: not_null }] }]')}${contract('right', "[{ name: id, data_type: int, constraints: [{ type: check, expression: 'id > 0' }] }, { name: name, data_type: text }]")}`,
    })
    const { results, statuses } = await run()
    expect(statuses.toSorted()).toEqual(['null_id: error', 'right: success', 'wrong: error'])
    const messages = results.map(({ message }) => message).join('\n')
    expect(messages).toContain(
      "models/wrong.sql: the SQL breaks the model's contract: id is INTEGER instead of BIGINT; gone DATE is missing; more INTEGER is not in it",
    )
    expect(messages).toContain('NOT NULL constraint failed')
    // The contract's order of columns is the table's.
    expect(await rows('from "right"')).toBe('1,x')
  })

  it('runs unit tests in front of their model, and skips it where one fails', async () => {
    const { run } = shop({
      'models/a.sql': 'select 1 as id, 5 as n',
      'models/total.sql': `{{ config(materialized='incremental') }}
select id, sum(n)::bigint as n, {{ factor() }} as f, '{{ var('v', 'x') }}' as v from {{ ref('a') }}
{% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %} group by id`,
      'macros/factor.sql': '{% macro factor() %}1{% endmacro %}',
      'tests/fixtures/rows.csv': 'id,n\n1,2\n1,3\n',
      'models/schema.yml': `unit_tests:
  - name: sums
    model: total
    given: [{ input: ref('a'), format: csv, fixture: rows }]
    overrides: { macros: { factor: 7 }, vars: { v: y } }
    expect: { rows: [{ id: 1, n: 5, f: 7, v: y }] }
  - name: later
    model: total
    given:
      - input: ref('a')
        rows: [{ id: 1, n: 2 }, { id: 2, n: 3 }]
      - { input: this, rows: [{ id: 1 }] }
    overrides: { macros: { is_incremental: true } }
    expect: { rows: [{ id: 2, n: 3 }] }
  - name: wrong
    model: total
    given: [{ input: ref('a'), rows: [{ id: 1, n: 2 }] }]
    expect: { rows: [{ n: 3 }] }
`,
    })
    const first = await run({ exclude: 'wrong later' })
    expect(first.statuses).toContain('unit_test total.sums: pass')
    const { statuses, results } = await run()
    expect(statuses.toSorted()).toEqual([
      'a: success',
      'total: skipped',
      'unit_test total.later: pass',
      'unit_test total.sums: pass',
      'unit_test total.wrong: fail',
    ])
    expect(results.find(({ status }) => status === 'fail')?.sample).toEqual([
      { difference: 'missing', n: '3' },
      { difference: 'not expected', n: '2' },
    ])
  })

  it('reads files as sources, and says how fresh they are', async () => {
    const hour = 3_600_000
    const { run, rows, root, artifact } = shop({
      'data/events.csv': 'id,seen\n1,2024-06-01T10:00:00Z\n',
      'models/a.sql': "select id from {{ source('raw', 'events') }}",
      'models/schema.yml': `sources:
  - name: raw
    meta: { external_location: "data/{name}.csv" }
    freshness: { warn_after: { count: 2, period: hour }, error_after: { count: 1, period: day } }
    loaded_at_field: seen
    tables: [{ name: events }, { name: unread, freshness: null }]
`,
    })
    await run()
    expect(await rows('from a')).toBe('1')
    const at = Date.parse('2024-06-01T10:00:00Z')
    const after = async (hours: number) => {
      const clock = { now: () => at + hours * hour }
      const { freshness } = await run({ command: 'freshness', select: 'source:raw.events', clock })
      return freshness.map(({ status, message }) => message ?? status)
    }
    expect(await after(2)).toEqual(['pass'])
    expect(await after(3)).toEqual(['warn'])
    expect(await after(25)).toEqual(['error'])
    expect(root).toBeTruthy()
    expect(await artifact('sources.json')).toMatchObject({
      results: [
        {
          unique_id: 'source.shop.raw.events',
          status: 'error',
          max_loaded_at: '2024-06-01T10:00:00.000Z',
          max_loaded_at_time_ago_in_s: 25 * 3600,
        },
      ],
    })
  })

  it('runs what has changed since an earlier run, and what is behind that', async () => {
    const { run, write, root } = shop({
      'macros/one.sql': '{% macro one() %}1{% endmacro %}',
      'models/a.sql': 'select {{ one() }} as id',
      'models/b.sql': "select * from {{ ref('a') }}",
      'models/c.sql': 'select 3 as id',
    })
    await run()
    write('macros/one.sql', '{% macro one() %}2{% endmacro %}')
    const state = join(root, 'target')
    const { statuses } = await run({ select: 'state:modified+', state })
    expect(statuses).toEqual(['a: success', 'b: success'])
    expect((await run({ select: 'state:modified+', state })).statuses).toEqual([])
  })

  it('does what its command says alone', async () => {
    const { run } = shop({
      'seeds/s.csv': 'id\n1\n',
      'models/a.sql': "select * from {{ ref('s') }}",
      'tests/none.sql': "select * from {{ ref('a') }} where id > 1",
    })
    expect((await run({ command: 'compile' })).statuses).toEqual([])
    expect((await run({ command: 'seed' })).statuses).toEqual(['seed s: success'])
    expect((await run({ command: 'run' })).statuses).toEqual(['a: success'])
    expect((await run({ command: 'test' })).statuses).toEqual(['test none: pass'])
  })

  it('refuses two models of one table', async () => {
    const same = "{{ config(schema='x', alias='b') }} select 1 as id"
    const { run } = shop({ 'models/a.sql': same, 'models/c.sql': same })
    await expect(run()).rejects.toThrow(
      'models/c.sql: this is "shop"."main_x"."b", as models/a.sql is: give one of them',
    )
  })

  it('makes the folder of its database, and refuses names that DuckDB has itself', async () => {
    const { run, folder } = shop({ 'models/a.sql': 'select 1 as id' })
    const database = join(folder, 'new/shop.duckdb')
    expect((await run({ database })).success).toBe(true)
    const taken = run({ database: join(folder, 'Memory.duckdb') })
    await expect(taken).rejects.toThrow("would be the database 'Memory', which DuckDB has")
  })

  it('refuses a state that is no manifest, by its file', async () => {
    const { run, folder } = shop({ 'models/a.sql': 'select 1 as id' })
    const digests = '{"nodes":{},"metadata":{"env":{"sluicebox_states":"{"}}}'
    for (const text of ['{"nodes', '[]', 'null', '{}', digests]) {
      writeFileSync(join(folder, 'manifest.json'), text)
      const refused = run({ select: 'state:modified', state: folder })
      await expect(refused).rejects.toThrow(/manifest\.json is no manifest of dbt/)
    }
  })

  it('refuses threads that are none, and a state that is not there', async () => {
    const { run } = shop({ 'models/a.sql': 'select 1' })
    await expect(run({ threads: 0 })).rejects.toMatchObject({ code: 'SBX_MODELS_OPTIONS' })
    const nowhere = run({ select: 'state:new', state: '/nowhere' })
    await expect(nowhere).rejects.toMatchObject({ code: 'SBX_MODELS_SELECT' })
  })
})
