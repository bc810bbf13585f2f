import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { expect, it, onTestFinished } from 'vitest'
import { days } from '../../src/index.ts'
import { simulateLanding } from '../../topologies/simulators/writeLanding.ts'
import { asTheClient } from '../lineage/openLineage/clientClasses.ts'
import { RunEvent } from '../lineage/openLineage/specification.ts'

const full = join(import.meta.dirname, '../../topologies/full.ts')

async function platform(
  folder: string,
  to: string,
  ...more: (string | { readonly node: readonly string[] })[]
): Promise<number> {
  const flags = more.flatMap((one) => (typeof one === 'string' ? [] : one.node))
  const [lake, landing] = [join(folder, 'lake'), join(folder, 'landing')]
  const own = more.filter((one) => typeof one === 'string')
  const argv = [...flags, full, '--lake', lake, '--landing', landing, '--openlineage', to, ...own]
  return new Promise((resolve) => {
    execFile(process.execPath, argv, (error) => resolve(error === null ? 0 : Number(error.code)))
  })
}

it('tells of a run of the platform, from its sources to the columns of Gold', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluicebox-lineage-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const landing = join(folder, 'landing')
  await mkdir(landing)
  await simulateLanding({ landing, events: 1000, seed: 4 })
  const to = join(folder, 'events.ndjson')
  expect(await platform(folder, to, '--parallelism', '1')).toBe(0)

  const lines = (await readFile(to, 'utf8')).trimEnd().split('\n')
  const events = lines.map((line) => v.parse(RunEvent, JSON.parse(line)))
  expect(events.map(({ eventType }) => eventType)).toEqual(['START', 'COMPLETE'])
  const [start, complete] = events as [RunEvent, RunEvent]
  expect(start.run.runId).toBe(complete.run.runId)
  expect(start.inputs.map(({ name }) => name)).toContain(join(folder, 'landing/twitter'))

  const output = (path: string) =>
    complete.outputs.find(({ name }) => name === join(folder, 'lake', path))
  const silver = output('silver/posts')!
  expect(silver.facets.schema?.fields).toContainEqual({ name: 'likes', type: 'int64' })
  const checked = complete.inputs.find(({ name }) => name === join(folder, 'lake/silver/posts'))
  expect(checked?.inputFacets.dataQualityAssertions?.assertions.length).toBeGreaterThan(10)
  const users = output('gold/dim_users')!
  expect(users.outputFacets.outputStatistics?.rowCount).toBeGreaterThan(100)
  expect(users.facets.columnLineage?.fields['username']?.inputFields).toEqual([
    {
      namespace: 'file',
      name: join(folder, 'lake/silver/posts'),
      field: 'author_name',
      transformations: [{ type: 'DIRECT', subtype: 'AGGREGATION' }],
    },
  ])

  // Where nobody listens, the run is what it is.
  expect(await platform(folder, 'http://127.0.0.1:1/')).toBe(0)
  // A run that ends with an error says so: stopped before an epoch, exit code 3.
  await simulateLanding({ landing, events: 30_000, seed: 9 })
  expect(await platform(folder, to, '--max-rejected', '0')).toBe(3)
  const last = v.parse(
    RunEvent,
    JSON.parse((await readFile(to, 'utf8')).trimEnd().split('\n').at(-1)!),
  )
  expect(last.eventType).toBe('FAIL')
  expect(last.run.facets.errorMessage?.message).toContain('were rejected')

  // So does one whose Gold was refused, and which expectations it was refused for.
  const old = join(folder, 'old')
  await mkdir(old)
  await cp(landing, join(old, 'landing'), { recursive: true })
  const before = `const now = Date.now; Date.now = () => now() - ${days(8)}`
  const clock = ['--import', `data:text/javascript,${encodeURIComponent(before)}`]
  expect(await platform(old, to, ...['--until', 'silver'], { node: clock })).toBe(0)
  expect(await platform(old, to)).toBe(3)
  const refused = v.parse(
    RunEvent,
    JSON.parse((await readFile(to, 'utf8')).trimEnd().split('\n').at(-1)!),
  )
  expect(refused.eventType).toBe('FAIL')
  expect(refused.run.facets.errorMessage?.message).toContain('nothing was published')
  const judged = refused.inputs.find(({ name }) => name === join(old, 'lake/silver/posts'))
  expect(judged?.inputFacets.dataQualityAssertions?.assertions).toContainEqual({
    ...{ assertion: 'expectColumnMaxToBeRecent', success: false, column: 'ingested_at' },
  })

  // OpenLineage's own client takes all of it for what it is.
  const written = (await readFile(to, 'utf8')).trimEnd().split('\n')
  const told = await asTheClient(to)
  expect(told.map(withoutVersions)).toEqual(
    written.map((line) => withoutVersions(JSON.parse(line))),
  )
})

/** The client names the versions of facets that it was made with, and leaves out what is empty. */
function withoutVersions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutVersions)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(([name]) => name !== '_schemaURL')
    .map(([name, item]) => [name, withoutVersions(item)] as const)
  return Object.fromEntries(
    entries.filter(([, item]) => !['{}', '[]'].includes(JSON.stringify(item))),
  )
}
