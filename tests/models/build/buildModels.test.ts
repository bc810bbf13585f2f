import { mkdtempSync, rmSync } from 'node:fs'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { GateError } from '../../../src/core/errors.ts'
import type { BuildGate } from '../../../src/core/models.ts'
import { buildModels } from '../../../src/models/build/buildModels.ts'
import type { BuildModelsOptions, BuiltModels } from '../../../src/models/build/buildModels.ts'
import { compileProject } from '../../../src/models/project/compileProject.ts'
import { readProject } from '../../../src/models/project/readProject.ts'
import { projectFolder } from '../projectFolder.ts'

function build(
  files: Readonly<Record<string, string>>,
  own: Partial<BuildModelsOptions> = {},
): Promise<BuiltModels> {
  const root = projectFolder(files)
  const directory = mkdtempSync(join(tmpdir(), 'sluicebox-test-build-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return buildModels({
    project: compileProject(readProject(root), { schema: 'main', env: {} }),
    root,
    schema: 'main',
    sources: {},
    gates: [],
    directory,
    threads: 1,
    memoryBytes: 256 * 1024 * 1024,
    signal: undefined,
    node: 'gold',
    ...own,
  })
}

/** What an independent reader finds in the Parquet file of a model. */
async function rowsOf({ tables }: BuiltModels, name: string): Promise<Record<string, unknown>[]> {
  const path = tables.find((table) => table.name === name)?.files[0]?.path ?? ''
  const bytes = await readFile(path)
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  return parquetReadObjects({ file: file, compressors })
}

const testsOn = (tests: string): string => `models:
  - name: a
    columns:
      - name: id
        data_tests: ${tests}
`

describe('buildModels', () => {
  it.each(['code,count\n1\n2,3,4\n', 'code,count\n1,2\n3,4,5\n'])(
    'refuses a seed whose rows have other fields than its header: %j',
    async (csv) => {
      const files = { 'seeds/codes.csv': csv, 'models/all_codes.sql': "from {{ ref('codes') }}" }
      await expect(build(files)).rejects.toThrow('seeds/codes.csv')
    },
  )

  it('gives seeds the types that they are given', async () => {
    const built = await build({
      'dbt_project.yml': `name: shop
models: { shop: { +access: public } }
seeds: { shop: { codes: { +column_types: { code: varchar } } } }
`,
      'seeds/codes.csv': 'code,count,label\n001,5,"one, ""two"""\n002,,\n',
      'models/a.sql': "select * from {{ ref('codes') }} order by code",
    })
    expect(built.tables[0]?.columns).toEqual([
      { name: 'code', type: 'string', nullable: true },
      { name: 'count', type: 'int32', nullable: true },
      { name: 'label', type: 'string', nullable: true },
    ])
    expect(await rowsOf(built, 'a')).toEqual([
      { code: '001', count: 5, label: 'one, "two"' },
      { code: '002', count: null, label: null },
    ])
  })

  it('has every type of the lake, and no days shifted by a time zone', async () => {
    const built = await build({
      'models/a.sql': `select 1::integer as i, 2::bigint as l, 0.5::double as d, true as b, 'é' as s,
        date '2024-02-29' as day, timestamptz '2024-02-29T23:59:59.123456Z' as at, ['x'] as list,
        '\\xAB'::blob as bytes, (timestamptz '2024-02-29T23:59:59Z')::date as its_day`,
    })
    expect(built.tables[0]?.columns.map(({ type }) => type)).toEqual([
      'int32',
      'int64',
      'double',
      'boolean',
      'string',
      'date',
      'timestamp',
      'list<string>',
      'binary',
      'date',
    ])
    const [row] = await rowsOf(built, 'a')
    expect(row).toMatchObject({
      l: 2n,
      s: 'é',
      day: new Date('2024-02-29'),
      its_day: new Date('2024-02-29'),
      list: ['x'],
    })
  })

  it('refuses a type that the lake does not have, by model and column', async () => {
    const built = build({ 'models/a.sql': 'select sum(x) as total from range(3) as r(x)' })
    await expect(built).rejects.toThrow(
      "models/a.sql: column 'total' of type HUGEINT, which tables in the lake don't have, is not supported here; cast it",
    )
  })

  it('says so where checks take longer than that is found out', async () => {
    const unheard: unknown[] = []
    const hear = (reason: unknown): void => void unheard.push(reason)
    process.on('unhandledRejection', hear)
    onTestFinished(() => void process.off('unhandledRejection', hear))
    let isChecked = false
    const check: BuildGate['check'] = async (query) => {
      for (let times = 0; times < 10; times++) {
        await query('select 1')
        await turn()
      }
      isChecked = true
      return []
    }
    const model = { 'models/a.sql': 'select sum(x) as total from range(3) as r(x)' }
    const built = build(model, { gates: [{ name: 'slow', check }] })
    await expect(built).rejects.toThrow('of type HUGEINT')
    expect(isChecked).toBe(true)
    expect(unheard).toEqual([])
  })

  it('keeps what is not public out of what is published', async () => {
    const { tables } = await build({
      'models/a.sql': "{{ config(access='private') }} select 1 as id",
      'models/b.sql': "select * from {{ ref('a') }}",
    })
    expect(tables.map(({ name }) => name)).toEqual(['b'])
  })

  it('gives a table that does not exist yet the columns of schema.yml', async () => {
    const source = 'sources:\n  - name: raw\n    tables:\n      - name: orders\n'
    const files = {
      'models/a.sql': "select * from {{ source('raw', 'orders') }}",
      'models/schema.yml': `${source}        columns: [{ name: id, data_type: bigint }]\n`,
    }
    expect((await build(files)).tables).toMatchObject([
      { rows: 0, columns: [{ name: 'id', type: 'int64' }] },
    ])
    await expect(build({ ...files, 'models/schema.yml': source })).rejects.toThrow(
      "models/schema.yml:4: the table 'orders' does not exist yet and no column has a data_type",
    )
  })

  it.each([
    ['unique', '[unique]', 1],
    ['not_null', '[not_null]', 1],
    ['accepted_values', '[{ accepted_values: { values: [1], quote: false } }]', 1],
    ['relationships', "[{ relationships: { to: ref('b'), field: id } }]", 2],
  ])('rejects a build that fails %s', async (name, tests, failures) => {
    const built = build({
      'models/a.sql': 'select unnest([1, 2, 2, null]) as id',
      'models/b.sql': 'select 1 as id',
      'models/schema.yml': testsOn(tests),
    })
    await expect(built).rejects.toThrow(GateError)
    await expect(built).rejects.toThrow(`1 of 1 checks failed, nothing was published. ${name}_a_id`)
    await expect(built).rejects.toThrow(`: ${failures} failing rows, such as {`)
    await expect(built).rejects.toMatchObject({ code: 'SBX_MODELS_CHECK', node: 'gold' })
  })

  it('accepts a build that keeps them all, nulls aside', async () => {
    const { checks } = await build({
      'models/a.sql': 'select unnest([1, 2, null]) as id',
      'models/b.sql': 'select unnest([1, 2]) as id',
      'models/schema.yml': testsOn(
        "[unique, { accepted_values: { values: [1, 2] } }, { relationships: { to: ref('b'), field: id } }]",
      ),
    })
    expect(checks.map(({ failures }) => failures)).toEqual([0, 0, 0])
  })

  it('reports a failure of severity warn and goes on', async () => {
    const { checks } = await build({
      'models/a.sql': 'select unnest([1, null, null]) as id',
      'models/schema.yml': testsOn('[{ not_null: { config: { severity: warn } } }]'),
      'tests/ones.sql': "{{ config(severity='warn') }} select * from {{ ref('a') }} where id = 1",
    })
    expect(checks).toEqual([
      {
        name: 'not_null_a_id',
        severity: 'warn',
        failures: 2,
        sample: [{ id: null }, { id: null }],
      },
      { name: 'ones', severity: 'warn', failures: 1, sample: [{ id: 1 }] },
    ])
  })

  it('rejects a build that a singular test or a gate rejects, and names them all', async () => {
    const gate: BuildGate = {
      name: 'suite',
      check: async (query) => {
        const [row] = await query('select count(*) as n from a')
        return [
          {
            name: 'few rows',
            severity: 'error',
            failures: Number(row?.['n']),
            sample: [row ?? null],
          },
        ]
      },
    }
    const files = {
      'models/a.sql': 'select 1 as id',
      'tests/none.sql': "from {{ ref('a') }} -- all",
    }
    const built = build(files, { gates: [gate] })
    await expect(built).rejects.toThrow('2 of 2 checks failed')
    await expect(built).rejects.toThrow(
      'none: 1 failing rows, such as {"id":1}; few rows: 1 failing rows, such as {"n":"1"}',
    )
  })

  it('rejects a build whose sources are older than they may be, and reports those that are rather old', async () => {
    const old = (limits: string) => ({
      'models/a.sql': "select 1 as id from {{ source('s', 't') }}",
      'models/schema.yml': `sources:
  - name: s
    tables:
      - name: t
        loaded_at_field: loaded
        freshness: ${limits}
        columns: [{ name: loaded, data_type: timestamp }]
`,
    })
    const parquet = join(mkdtempSync(join(tmpdir(), 'sluicebox-test-build-')), 'one.parquet')
    onTestFinished(() => rmSync(dirname(parquet), { recursive: true, force: true }))
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(`copy (select timestamp '2024-06-01 12:00:00' as loaded) to '${parquet}'`)
    instance.closeSync()
    const t = {
      folder: dirname(parquet),
      files: [{ path: 'one.parquet', partitionValues: {} }],
      columns: [{ name: 'loaded', type: 'timestamp', nullable: true } as const],
      partitionColumns: [],
    }
    const clock = { now: () => Date.UTC(2024, 5, 1, 14, 30) }
    const built = (limits: string) => build(old(limits), { sources: { t }, clock })
    const hours = (name: string, count: number) => `{ ${name}: { count: ${count}, period: hour } }`
    expect((await built(hours('error_after', 3))).checks).toMatchObject([{ failures: 0 }])
    expect((await built(hours('warn_after', 2))).checks).toMatchObject([
      {
        ...{ name: "freshness of source('s', 't')", severity: 'warn', failures: 1 },
        sample: [{ max_loaded_at: '2024-06-01T12:00:00.000Z' }],
      },
    ])
    // What may only be warned of stops nothing, nor does an age by the partition of a single file.
    const none = { ...t, files: [] }
    const empty = await build(old(hours('warn_after', 2)), { sources: { t: none }, clock })
    expect(empty.checks).toMatchObject([{ severity: 'warn', failures: 1 }])
    const dated = join(dirname(parquet), 'date=2024-06-01/two.parquet')
    await mkdir(dirname(dated))
    await copyFile(parquet, dated)
    const byDay = {
      ...{ folder: dirname(parquet), partitionColumns: ['date'] },
      files: [{ path: 'date=2024-06-01/two.parquet', partitionValues: { date: '2024-06-01' } }],
      columns: [...t.columns, { name: 'date', type: 'date', nullable: false } as const],
    }
    const files = old(hours('error_after', 24))
    const yaml = files['models/schema.yml'].replace(
      'loaded_at_field: loaded',
      'loaded_at_field: date',
    )
    const fresh = await build(
      { ...files, 'models/schema.yml': yaml },
      { sources: { t: byDay }, clock },
    )
    expect(fresh.checks).toMatchObject([{ failures: 0 }])
    const stale = built(hours('error_after', 2))
    await expect(stale).rejects.toThrow(GateError)
    await expect(stale).rejects.toThrow(/freshness of source.*2024-06-01T12:00:00/)
  })

  it('tells gates of a build that is refused, whoever refused it', async () => {
    let refused = 0
    const gate: BuildGate = {
      name: 'suite',
      check: async () => [],
      refused: async () => void refused++,
    }
    const files = { 'models/a.sql': 'select 1 as id' }
    await build(files, { gates: [gate] })
    expect(refused).toBe(0)
    const failing = { ...files, 'tests/none.sql': "from {{ ref('a') }}" }
    await expect(build(failing, { gates: [gate] })).rejects.toThrow('1 of 1 checks failed')
    expect(refused).toBe(1)
  })

  it('names the file whose SQL fails', async () => {
    await expect(build({ 'models/a.sql': 'select nothing' })).rejects.toMatchObject({
      code: 'SBX_MODELS_SQL',
      message: expect.stringContaining('gold: models/a.sql: Binder Error') as string,
    })
    const wrongTest = { 'models/a.sql': 'select 1 as id', 'tests/t.sql': 'select wrong' }
    await expect(build(wrongTest)).rejects.toThrow(
      "the test 't' (tests/t.sql) can't run: Binder Error",
    )
  })

  it('reaches no network: extensions are not loaded on their own', async () => {
    const files = { 'models/a.sql': "select * from read_csv('https://localhost:1/x.csv')" }
    await expect(build(files)).rejects.toThrow('models/a.sql')
  })

  it('gives up when told to', async () => {
    const controller = new AbortController()
    const files = {
      'models/a.sql':
        'select sum(x * y)::double as n from range(10000000) r(x), range(100000) s(y)',
    }
    const built = build(files, { signal: controller.signal })
    setImmediate(() => controller.abort())
    await expect(built).rejects.toMatchObject({ name: 'AbortError' })
  })
})
