import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ENTRIES } from '../../scripts/docs/unitTable.ts'
import { root } from './codeBlocks.ts'

const exec = promisify(execFile)
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>
  readonly devDependencies: Readonly<Record<string, string>>
}

test('exports exactly the entry points of the sources', () => {
  const exported = Object.keys(manifest.exports).filter((name) => name !== './package.json')
  expect(exported.map((name) => `sluicebox${name.slice(1)}`)).toEqual(Object.keys(ENTRIES))
  expect(Object.values(ENTRIES).filter((entry) => !existsSync(join(root, entry)))).toEqual([])
})

test('heavy packages are optional peers, and installed for development', () => {
  for (const [name, range] of Object.entries(manifest.peerDependencies)) {
    expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true })
    expect(range).toBe(`^${manifest.devDependencies[name]?.replace('^', '')}`)
  }
})

describe('the built package, installed with its dependencies and no peers', () => {
  let app: string
  beforeAll(async () => {
    app = await mkdtemp(join(tmpdir(), 'sluicebox-package-'))
    const home = join(app, 'node_modules/sluicebox')
    await mkdir(home, { recursive: true })
    const build = ['--no-dts', '--silent', '--out-dir', join(home, 'dist')]
    await exec(join(root, 'node_modules/.bin/tsup'), build, { cwd: root })
    await cp(join(root, 'package.json'), join(home, 'package.json'))
    for (const name of Object.keys(manifest.dependencies)) {
      const link = join(app, 'node_modules', name)
      await mkdir(dirname(link), { recursive: true })
      await symlink(join(root, 'node_modules', name), link)
    }
  }, 120_000)
  afterAll(() => rm(app, { recursive: true }))

  let scripts = 0
  const runs = async (code: string): Promise<string> => {
    const file = join(app, `script${scripts++}.mjs`)
    await writeFile(file, code)
    const { stdout } = await exec(process.execPath, [file], { cwd: app })
    return stdout.trim()
  }

  test('has every file that it exports', () => {
    for (const entry of Object.values(manifest.exports)) {
      const file = typeof entry === 'string' ? entry : entry.default
      expect(existsSync(join(app, 'node_modules/sluicebox', file)), file).toBe(true)
    }
  })

  test.each(Object.keys(ENTRIES))('%s can be imported', async (name) => {
    expect(await runs(`console.log(Object.keys(await import('${name}')).length > 0)`)).toBe('true')
  })

  test('runs a topology on worker threads, to a Delta table', async () => {
    await writeFile(
      join(app, 'topology.mjs'),
      `import * as v from 'valibot'
       import { defineTopology, map, memorySource } from 'sluicebox'
       import { deltaTable } from 'sluicebox/parquet'
       export const numbers = ({ lake }) => defineTopology('numbers', (flow) => {
         const schema = v.object({ n: v.number() })
         flow.source('in', memorySource([1, 2, 3])).via('row', map((n) => ({ n })))
           .toTable('out', deltaTable({ lake, path: 'numbers', schema }))
         return {}
       })`,
    )
    const stdout = await runs(
      `import { openLake, run } from 'sluicebox'
       import { readDelta } from 'sluicebox/parquet'
       import { numbers } from './topology.mjs'
       const module = import.meta.resolve('./topology.mjs')
       await run(numbers, { module, settings: { lake: './lake' }, parallelism: 2 }).done
       const { files } = await readDelta(await openLake('./lake'), 'numbers')
       console.log(files.reduce((sum, { records }) => sum + records, 0))`,
    )
    expect(stdout).toBe('3')
  })

  test.each([
    ['an s3:// lake', `openLake('s3://bucket/lake')`, '@aws-sdk/client-s3'],
    ['Kafka', 'run(toKafka).done', 'kafkajs'],
    ['SQL models', 'run(withModels).done', '@duckdb/node-api'],
  ])('says what to install where %s is used', async (_, call, peer) => {
    await mkdir(join(app, 'dbt/models'), { recursive: true })
    for (const [file, text] of Object.entries(DBT)) await writeFile(join(app, 'dbt', file), text)
    await writeFile(join(app, 'peers.mjs'), PEERS)
    const stdout = await runs(
      `import { openLake, run } from 'sluicebox'
       import { toKafka, withModels } from './peers.mjs'
       try { await ${call} } catch (error) { console.log(error.code, error.message) }`,
    )
    expect(stdout).toMatch(/^SBX_MISSING_PEER /)
    expect(stdout).toContain(`npm install ${peer}`)
  })
})

const DBT = {
  'dbt_project.yml': 'name: p\nversion: "1"\nmodels: {p: {+access: public}}',
  'models/sources.yml': 'sources: [{name: silver, tables: [{name: numbers}]}]',
  'models/doubled.sql': "select n * 2 as n from {{ source('silver', 'numbers') }}",
}
/** Topologies that need packages which are not there. */
const PEERS = `
import * as v from 'valibot'
import { defineTopology, memorySource } from 'sluicebox'
import { sqlModels } from 'sluicebox/duckdb'
import { kafkaSink } from 'sluicebox/kafka'
import { deltaTable } from 'sluicebox/parquet'

const schema = v.object({ n: v.number() })
export const toKafka = defineTopology('to-kafka', (flow) => {
  const sink = kafkaSink({ brokers: '127.0.0.1:9', topic: 'numbers', key: () => null })
  return { out: flow.source('in', memorySource([{ n: 1 }])).to('out', sink) }
})
export const withModels = defineTopology('with-models', (flow) => {
  const lake = './lake-of-models'
  const numbers = flow
    .source('in', memorySource([{ n: 1 }]))
    .toTable('numbers', deltaTable({ lake, path: 'numbers', schema }))
  return { gold: flow.models('gold', sqlModels({ lake, project: './dbt', reads: { numbers } })) }
})
`
