import { execFileSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const node = join(root, 'node_modules/.bin/node')
/** Tells at the end which modules Node loaded. */
const LISTING = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  import { writeSync } from 'node:fs'
  const urls = []
  registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
  process.on('exit', () => writeSync(2, urls.join('\\n')))
`)}`

/** What a process loads, relative to the repository. */
function loaded(...args: string[]): string[] {
  const stderr = execFileSync('sh', ['-c', '"$@" 2>&1 >/dev/null', '-', node, ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  return stderr
    .split('\n')
    .filter((url) => url.startsWith('file:'))
    .map((url) => relative(root, fileURLToPath(url)))
}

test('help is printed before the library is loaded', () => {
  const modules = loaded('--import', LISTING, 'topologies/full.ts', '--help')
  expect(modules).toContain('topologies/platform/options.ts')
  expect(modules.filter((module) => module.startsWith('src/'))).toEqual([])
  expect(modules.filter((module) => !/commander|topologies/.test(module))).toEqual([])
})

test('to define a topology loads none of what runs it', () => {
  const define = `
    import { full } from './topologies/full.ts'
    full({ lake: './lake', landing: './landing', kafka: 'localhost:9092' })
  `
  const modules = loaded('--import', LISTING, '--input-type=module', '--eval', define)
  expect(modules).toContain('src/sinks/delta/deltaTable.ts')
  expect(modules).toContain('src/models/sqlModels.ts')
  const heavy = /yaml|nunjucks|kafkajs|arrow|parquet-wasm|duckdb\/|aws-sdk|pino|faker|src\/quality/
  expect(modules.filter((module) => heavy.test(module))).toEqual([])
  const running = /src\/(lake\/(parquet|local)|runtime\/(chain|pool|runner)|sources\/\w+\/)/
  expect(modules.filter((module) => running.test(module))).toEqual([])
})
