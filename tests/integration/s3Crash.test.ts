import { isDeepStrictEqual } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isInstalled } from '../../scripts/services/install.ts'
import { startS3 } from '../../scripts/services/startS3.ts'
import type { S3Server } from '../../scripts/services/startS3.ts'
import { simulateLanding } from '../../topologies/simulators/writeLanding.ts'
import { runPlatform, start, temporary } from '../contract/platform.ts'
import { canonical, strayFiles } from '../contract/readLake.ts'
import { crashLoop } from '../faults/crashLoop.ts'
import { makeS3Lake } from './s3Lake.ts'
import { startS3Proxy } from './s3Proxy.ts'

// `npm run test:crash -- --cycles 30 --s3 versitygw` is the long form of the first test.

const before = { ...process.env }
const name = isInstalled('minio') ? 'minio' : 'versitygw'
let server: S3Server
beforeAll(async () => {
  server = await startS3({ server: name })
  Object.assign(process.env, server.env)
})
afterAll(async () => {
  process.env = before
  await server.stop()
})

test('lives ended by SIGKILL leave the tables of an undisturbed run in the bucket, and nothing else', async () => {
  const lines: string[] = []
  const lake = await makeS3Lake(server)
  const say = (line: string): void => void lines.push(line)
  const result = await crashLoop({ cycles: 4, events: 90_000, seed: 11, lake, say })
  expect(result.differences, lines.join('\n')).toEqual([])
  expect(result.strays).toEqual([])
  expect(result.total).toEqual(result.expectedTotal)
  expect(result.kills).toBe(4)
})

test('a server that is killed in the middle of uploads and comes back costs nothing', async () => {
  const folder = temporary('s3-server')
  const landing = `${folder}/landing`
  await simulateLanding({ landing, events: 40_000, seed: 12 })
  const proxy = await startS3Proxy(server.endpoint, server.env)
  const lake = await makeS3Lake(server)
  // The requests that are under way when the server dies are those of parts.
  let kills = 0
  let isDown = false
  proxy.treat(({ method, query }) => {
    const isPart = method === 'PUT' && query.has('partNumber')
    if (isPart && !isDown && kills < 3) {
      isDown = true
      kills++
      void server
        .kill9()
        .then(() => delay(300))
        .then(() => server.restart())
        .then(() => (isDown = false))
    }
    return 'pass'
  })
  process.env['AWS_ENDPOINT_URL'] = proxy.endpoint
  const args = ['--landing', landing, '--lake', lake.url, '--epoch', '200']
  // One that is tried out of its patience gives up; the next one goes on, and meets the other kills.
  for (let life = await start(args).ended; ; life = await start(args).ended) {
    expect([0, 1], life.stderr).toContain(life.code)
    if (kills >= 3 || life.code === 0) break
  }
  process.env['AWS_ENDPOINT_URL'] = server.endpoint
  expect(kills).toBe(3)
  await proxy.stop()

  const last = await runPlatform(['--landing', landing, '--lake', lake.url])
  const clean = await runPlatform(['--landing', landing, '--lake', `${folder}/clean`])
  expect(last.total).toEqual(clean.total)
  const copy = await lake.download()
  const [got, want] = [await canonical(copy), await canonical(`${folder}/clean`)]
  expect(Object.keys(want).filter((part) => !isDeepStrictEqual(want[part], got[part]))).toEqual([])
  expect(strayFiles(copy)).toEqual([])
  expect(await lake.uploads()).toEqual([])
})
