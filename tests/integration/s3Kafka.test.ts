import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { isInstalled } from '../../scripts/services/install.ts'
import { startKafka } from '../../scripts/services/startKafka.ts'
import type { KafkaServer } from '../../scripts/services/startKafka.ts'
import { startS3 } from '../../scripts/services/startS3.ts'
import type { S3Server } from '../../scripts/services/startS3.ts'
import { expectGold, expectSilver } from '../contract/expected.ts'
import { contractLanding, runPlatform, start } from '../contract/platform.ts'
import { strayFiles } from '../contract/readLake.ts'
import { makeS3Lake } from './s3Lake.ts'
import { startS3Proxy } from './s3Proxy.ts'
import type { S3Proxy } from './s3Proxy.ts'

// Kafka and S3 together: what was read of a partition is read again where its raw copy has expired.

const name = isInstalled('minio') ? 'minio' : 'versitygw'
const before = { ...process.env }
let kafka: KafkaServer
let server: S3Server
let proxy: S3Proxy
beforeAll(async () => {
  ;[kafka, server] = await Promise.all([startKafka(), startS3({ server: name })])
  proxy = await startS3Proxy(server.endpoint, server.env)
  Object.assign(process.env, server.env, { AWS_ENDPOINT_URL: proxy.endpoint })
})
beforeEach(() => proxy.treat(() => 'pass'))
afterAll(async () => {
  process.env = before
  await Promise.all([proxy.stop(), server.stop(), kafka.stop()])
})

test('raw copies of partitions that expired before they were published are made again', async () => {
  const lake = await makeS3Lake(server)
  const args = ['--lake', lake.url, '--landing', contractLanding, '--kafka', kafka.brokers]
  let waiting: (() => void) | undefined
  const reached = new Promise<void>((resolve) => (waiting = resolve))
  proxy.treat(({ method, path, query }) => {
    const isCompletion = method === 'POST' && query.has('uploadId')
    if (!isCompletion || !path.includes('/bronze/twitter/')) return 'pass'
    waiting?.()
    return 'drop'
  })
  const first = start([...args, '--parallelism', '2'])
  await Promise.race([reached, first.ended])
  first.kill('SIGKILL')
  expect((await first.ended).signal).toBe('SIGKILL')
  expect(await lake.abortUploads()).toBeGreaterThan(0)

  proxy.treat(() => 'pass')
  const second = await start([...args, '--json'], { SLUICEBOX_LOG: 'info' }).ended
  expect(second.code, second.stderr).toBe(0)
  expect(second.stderr).toMatch(/"event":"restaged","task":"twitter-/)
  const third = await runPlatform(args)
  expect(third.records.read).toBe(0)
  expect(await lake.uploads()).toEqual([])
  const copy = await lake.download()
  await expectSilver(copy)
  await expectGold(copy)
  expect(strayFiles(copy)).toEqual([])
})
