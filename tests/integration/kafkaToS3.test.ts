import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isInstalled } from '../../scripts/services/install.ts'
import { startKafka, type KafkaServer } from '../../scripts/services/startKafka.ts'
import { startS3, type S3Server } from '../../scripts/services/startS3.ts'
import type { Summary } from '../../topologies/platform/summary.ts'
import { expectGold, expectSilver, expectSummary } from '../contract/expected.ts'
import { contractLanding, start } from '../contract/platform.ts'
import { rawLines, strayFiles } from '../contract/readLake.ts'
import { makeS3Lake } from './s3Lake.ts'

// What teams run: a broker, a bucket, and one process or several.

const s3Server = isInstalled('minio') ? 'minio' : 'versitygw'
const TWEETS = 20_000
const before = { ...process.env }
let kafka: KafkaServer
let s3: S3Server
let admin: kafkajs.Admin

beforeAll(async () => {
  kafka = await startKafka()
  s3 = await startS3({ server: s3Server })
  Object.assign(process.env, s3.env)
  const client = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: 0 })
  admin = client.admin()
  await admin.connect()
})
afterAll(async () => {
  process.env = before
  await admin.disconnect()
  await kafka.stop()
  await s3.stop()
})

test.each([
  { processes: 1, parallelism: 1 },
  { processes: 1, parallelism: 2 },
  { processes: 3, parallelism: 1 },
])(
  `the contract’s input through Kafka into ${s3Server}: $processes process(es), $parallelism thread(s)`,
  async ({ processes, parallelism }) => {
    if ((await admin.listTopics()).includes('tweets')) {
      await admin.deleteTopics({ topics: ['tweets'] })
      await expect.poll(() => admin.listTopics(), { timeout: 30_000 }).not.toContain('tweets')
    }
    const lake = await makeS3Lake(s3)
    const args = ['--lake', lake.url, '--landing', contractLanding, '--kafka', kafka.brokers]
    const runs = Array.from({ length: processes }, () =>
      start([...args, '--parallelism', String(parallelism), '--json']),
    )
    let read = 0
    for (const run of runs) {
      const { code, stdout, stderr } = await run.ended
      expect(code, stderr).toBe(0)
      const summary = JSON.parse(stdout) as Summary
      expectSummary(summary, processes === 1 ? true : 'a share')
      read += summary.records.read
    }
    expect(read).toBe(26_000)
    expect(await lake.uploads()).toEqual([])
    const copy = await lake.download()
    await expectSilver(copy)
    await expectGold(copy)
    expect(rawLines(copy, 'twitter')).toHaveLength(TWEETS)
    expect(strayFiles(copy)).toEqual([])
  },
)
