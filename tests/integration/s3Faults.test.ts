import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startS3 } from '../../scripts/services/startS3.ts'
import type { S3Server } from '../../scripts/services/startS3.ts'
import { defineTopology } from '../../src/core/defineTopology.ts'
import { closeLake, presetLake } from '../../src/lake/openLake.ts'
import { s3Store } from '../../src/lake/s3Store.ts'
import { decodeJson } from '../../src/operators/decodeJson.ts'
import { run } from '../../src/runtime/run.ts'
import { quarantineTable } from '../../src/sinks/delta/quarantineTable.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { rawFiles } from '../../src/sinks/rawFiles.ts'
import { landingFiles } from '../../src/sources/landingFiles.ts'
import { expectGold, expectSilver, expectSummary } from '../contract/expected.ts'
import { contractLanding, runPlatform, start, temporary } from '../contract/platform.ts'
import { filesBelow, strayFiles } from '../contract/readLake.ts'
import { makeS3Lake } from './s3Lake.ts'
import type { S3Lake } from './s3Lake.ts'
import { startS3Proxy } from './s3Proxy.ts'
import type { ProxiedRequest, S3Proxy, Treatment } from './s3Proxy.ts'

// The whole platform on a real S3 server behind a proxy that makes it worse than it is.

const before = { ...process.env }
let server: S3Server
let proxy: S3Proxy
let lake: S3Lake
beforeAll(async () => {
  server = await startS3({ server: 'versitygw' })
  proxy = await startS3Proxy(server.endpoint, server.env)
  Object.assign(process.env, server.env, { AWS_ENDPOINT_URL: proxy.endpoint })
})
beforeEach(async () => {
  proxy.treat(() => 'pass')
  lake = await makeS3Lake(server)
})
afterAll(async () => {
  process.env = before
  await proxy.stop()
  await server.stop()
})

const args = (...more: string[]): string[] => [
  ...['--lake', lake.url, '--landing', contractLanding, '--parallelism', '2'],
  ...more,
]
const isCompletion = ({ method, query }: ProxiedRequest): boolean =>
  method === 'POST' && query.has('uploadId')
const isWrite = ({ method, query }: ProxiedRequest): boolean =>
  method === 'PUT' || (method === 'POST' && query.has('uploadId'))
const isBronze = ({ path }: ProxiedRequest): boolean => path.includes('/bronze/')

const expectWhole = async (): Promise<void> => {
  expect(await lake.uploads()).toEqual([])
  const copy = await lake.download()
  await expectSilver(copy)
  await expectGold(copy)
  expect(strayFiles(copy)).toEqual([])
}

test.each([
  ['puts', (request: ProxiedRequest) => request.method === 'PUT'],
  ['completed uploads', isCompletion],
])('a server that ignores conditions on %s is refused before anything is read', async (_, isIt) => {
  proxy.treat((request) => (isIt(request) ? 'strip' : 'pass'))
  const ended = await start(args()).ended
  expect(ended.code).toBe(2)
  expect(ended.stderr).toMatch(/SBX_LAKE_UNSAFE.*If-None-Match/)
  expect(await lake.objects()).toEqual([])
  expect(await lake.uploads()).toEqual([])
})

test('requests are tried again where the server is overloaded, out of order or busy', async () => {
  const faults: Treatment[] = [
    { status: 503, code: 'SlowDown' },
    { status: 500, code: 'InternalError' },
    { status: 429, code: 'TooManyRequests' },
    { status: 409, code: 'ConditionalRequestConflict' },
  ]
  let seen = 0
  let failed = 0
  proxy.treat((request) => {
    if (++seen % 6 !== 0) return 'pass'
    const fault = faults[failed++ % (request.condition === undefined ? 3 : 4)]!
    return fault
  })
  expectSummary(await runPlatform(args()), true)
  expect(failed).toBeGreaterThan(50)
  proxy.treat(() => 'pass')
  await expectWhole()
})

test('commits and publications that happened without an answer are made once', async () => {
  let writes = 0
  let lost = 0
  proxy.treat((request) => {
    if (!isWrite(request) || request.path.includes('/_leases/')) return 'pass'
    if (++writes % 3 !== 0) return 'pass'
    lost++
    return 'swallow'
  })
  expectSummary(await runPlatform(args('--epoch', '300')), true)
  expect(lost).toBeGreaterThan(20)
  await expectWhole()
})

test('a commit whose every try stays without an answer is found by reading it', async () => {
  let lost = 0
  proxy.treat(({ path, condition }) => {
    const isCommit =
      condition !== undefined && /_checkpoints\/.*\/reddit\/00000000000[12]$/.test(path)
    if (isCommit) lost++
    return isCommit ? 'swallow' : 'pass'
  })
  expectSummary(await runPlatform(args('--epoch', '300')), true)
  expect(lost).toBeGreaterThan(2 * 8 - 1)
  await expectWhole()
})

test('files whose uploads expire between commit and publication are staged again', async () => {
  let waiting: (() => void) | undefined
  const reached = new Promise<void>((resolve) => (waiting = resolve))
  proxy.treat((request) => {
    if (!isCompletion(request) || !isBronze(request)) return 'pass'
    waiting?.()
    return 'drop'
  })
  const first = start(args())
  await Promise.race([reached, first.ended])
  first.kill('SIGKILL')
  expect((await first.ended).signal).toBe('SIGKILL')
  const committed = (await lake.objects()).filter(({ key }) =>
    /_checkpoints\/.*\/\d{12}$/.test(key),
  )
  expect(committed.length).toBeGreaterThan(3)
  expect(await lake.abortUploads()).toBeGreaterThan(0)

  proxy.treat(() => 'pass')
  const second = await start(args('--json'), { SLUICEBOX_LOG: 'info' }).ended
  expect(second.code, second.stderr).toBe(0)
  expect(second.stderr).toContain('"event":"restaged"')
  expectSummary(await runPlatform(args()), false)
  await expectWhole()
})

test('a commit and a publication that time out though they happened are made once', async () => {
  const landing = temporary('s3-time-out')
  const rows = Array.from({ length: 2000 }, (_, n) => `{"n":${n}}\n`)
  await writeFile(join(landing, 'a.ndjson'), rows.join(''))
  // Two tries of a commit, so that its outcome is unknown; one of a publication, which is then repeated.
  const left = new Map<string, number>()
  let hung = 0
  proxy.treat((request) => {
    const { path, condition } = request
    const isCommit = /_checkpoints\/.*\/\d{12}$/.test(path) && condition !== undefined
    const isPublication = isCompletion(request) && isBronze(request)
    if (!isCommit && !isPublication) return 'pass'
    const tries = left.get(path) ?? (isCommit ? 2 : 1)
    left.set(path, tries - 1)
    if (tries <= 0) return 'pass'
    hung++
    return 'hang'
  })
  const client = new S3Client({
    forcePathStyle: true,
    maxAttempts: 2,
    requestHandler: { socketTimeout: 400 },
  })
  presetLake(lake.url, s3Store({ bucket: lake.bucket, prefix: 'the/lake', client }))
  const out = memorySink<unknown>()
  const topology = defineTopology(
    'timed-out',
    { rejects: quarantineTable({ lake: lake.url }) },
    (flow) => {
      const raw = flow.source('files', landingFiles({ path: landing }))
      raw.to('bronze', rawFiles({ lake: lake.url, path: 'bronze' }))
      raw.via('decode', decodeJson()).to('out', out)
      return {}
    },
  )
  try {
    await run(topology, { lake: lake.url }).done
  } finally {
    closeLake(lake.url)
  }
  // A claim, an epoch, a file.
  expect(hung).toBeGreaterThanOrEqual(2 + 2 + 1)
  expect(await lake.uploads()).toEqual([])
  const copy = await lake.download()
  const bronze = filesBelow(join(copy, 'bronze'))
  expect(bronze).toHaveLength(1)
  expect(await readFile(join(copy, 'bronze', bronze[0]!), 'utf8')).toBe(rows.join(''))
})
