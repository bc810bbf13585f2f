import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../../src/lake/openDatabase.ts'
import { materialize } from '../../../src/models/build/materialize.ts'
import { compileProject } from '../../../src/models/project/compileProject.ts'
import { readProject } from '../../../src/models/project/readProject.ts'
import { projectFolder } from '../projectFolder.ts'

const SQL = `select md5(cast(i as varchar)) as key, 'few' || i % 3 as word from range(30000) as t(i)`

/** How a file stores the two text columns of a model whose key is to be stored so. */
async function stored(compression: string, config = '') {
  const directory = await mkdtemp(join(tmpdir(), 'sluicebox-test-compression-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const types = config === '' ? ['', ''] : [', data_type: varchar', ', data_type: varchar']
  const root = projectFolder({
    'models/keys.sql': SQL,
    'models/schema.yml': `models:
  - name: keys
    ${config}
    columns:
      - { name: key, config: { meta: { compression: ${compression} } }${types[0]} }
      - { name: word${types[1]} }
`,
  })
  const [model] = compileProject(readProject(root), { schema: 'main', env: {} }).models
  const database = await openDatabase({
    ...{ threads: 1, memoryBytes: 2 ** 28, signal: undefined },
    spillDirectory: join(directory, 'spill'),
  })
  onTestFinished(() => database.close())
  const file = join(directory, 'gold.duckdb')
  await database.run(`attach '${file}' as gold (storage_version 'v1.2.0')`)
  await materialize(database, model!, { anew: true })
  await database.run('checkpoint gold')
  const rows = await database.rows(
    `select column_name as name, any_value(compression) as how from pragma_storage_info('${model!.relation}')
     where segment_type = 'VARCHAR' group by all`,
  )
  return {
    how: Object.fromEntries(rows.map(({ name, how }) => [String(name), how])),
    rows: await database.rows(`select count(distinct key) as n from ${model!.relation}`),
  }
}

it('stores a column as its meta says, and the others as DuckDB finds best', async () => {
  const { how, rows } = await stored('zstd')
  expect(how).toEqual({ key: 'ZSTD', word: 'Dictionary' })
  expect(rows).toEqual([{ n: '30000' }])
  expect((await stored('uncompressed')).how['key']).toBe('Uncompressed')
})

it('does so where the model has a contract', async () => {
  const { how } = await stored('zstd', 'config: { contract: { enforced: true } }')
  expect(how).toEqual({ key: 'ZSTD', word: 'Dictionary' })
})

it('refuses a method that DuckDB does not have', async () => {
  await expect(stored('gzip')).rejects.toMatchObject({
    code: 'SBX_MODELS_PROJECT',
    message: expect.stringMatching(/the compression of the column 'key' is "gzip"/) as string,
  })
})
