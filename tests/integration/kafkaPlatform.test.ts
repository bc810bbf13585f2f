import kafkajs from 'kafkajs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isInstalled } from '../../scripts/services/install.ts'
import { startKafka, type KafkaServer } from '../../scripts/services/startKafka.ts'
import type { Summary } from '../../topologies/platform/summary.ts'
import { expectGold, expectSilver, expectSummary } from '../contract/expected.ts'
import { contractLanding, runPlatform, start, temporary } from '../contract/platform.ts'
import { canonical, filesBelow, strayFiles } from '../contract/readLake.ts'

describe.skipIf(!isInstalled('kafka'))('the contract’s input through Kafka', () => {
  let server: KafkaServer
  let admin: kafkajs.Admin

  beforeAll(async () => {
    server = await startKafka()
    const client = new kafkajs.Kafka({ brokers: [server.brokers], logLevel: 0 })
    admin = client.admin()
    await admin.connect()
  })
  afterAll(async () => {
    await admin.disconnect()
    await server.stop()
  })
  beforeEach(async () => {
    if (!(await admin.listTopics()).includes('tweets')) return
    await admin.deleteTopics({ topics: ['tweets'] })
    await expect.poll(() => admin.listTopics(), { timeout: 30_000 }).not.toContain('tweets')
  })
  const args = (lake: string, ...more: string[]): string[] => [
    ...['--lake', lake, '--landing', contractLanding, '--kafka', server.brokers],
    ...more,
  ]

  test.each([1, 2])('gives the expected tables with parallelism %i', async (n) => {
    const lake = temporary(`kafka-${n}`)
    const first = await runPlatform(args(lake, '--parallelism', String(n), '--epoch', '500'))
    expectSummary(first, true)
    await expectSilver(lake)
    await expectGold(lake)
    expect(strayFiles(lake)).toEqual([])

    const before = { ...(await canonical(lake)), files: dataFiles(lake) }
    const second = await runPlatform(args(lake))
    expectSummary(second, false)
    expect(second.gold_version).toBe(first.gold_version)
    expect({ ...(await canonical(lake)), files: dataFiles(lake) }).toEqual(before)
  })

  test('is shared by three processes at once', async () => {
    const lake = temporary('kafka-three')
    const runs = [1, 2, 3].map(() => start(args(lake, '--parallelism', '1', '--json')))
    const summaries: Summary[] = []
    for (const run of runs) {
      const { code, stdout, stderr } = await run.ended
      expect(code, stderr).toBe(0)
      summaries.push(JSON.parse(stdout) as Summary)
    }
    for (const summary of summaries) expectSummary(summary, 'a share')
    const read = summaries.reduce((sum, { records }) => sum + records.read, 0)
    expect(read).toBe(26_000)
    await expectSilver(lake)
    await expectGold(lake)
  })

  test('is read in streaming mode, and ends in order on SIGTERM', async () => {
    const lake = temporary('kafka-streaming')
    const run = start(args(lake, '--mode', 'streaming', '--epoch', '300', '--json'))
    await run.saw('"caught_up","task":"feed-tweets"')
    for (const partition of [0, 1, 2, 3]) {
      await run.saw(`"caught_up","task":"twitter-${partition}"`)
    }
    await expect.poll(() => bronzeLines(lake), { timeout: 60_000 }).toBe(20_000)
    run.kill('SIGTERM')
    const ended = await run.ended
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expectSummary(JSON.parse(ended.stdout) as Summary, true)
    await expectSilver(lake)
    await expectGold(lake)
  })

  test('a landing zone first and Kafka later: refused, and accepted if one wants it', async () => {
    const lake = temporary('kafka-later')
    const landed = ['--lake', lake, '--landing', contractLanding, '--until', 'silver']
    const kafka = [...landed, '--kafka', server.brokers]
    await runPlatform(landed)
    const refused = await start(kafka).ended
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toMatch(/SBX_SOURCE_CHANGED.*--accept-source twitter/)

    // Accepted, what comes by both ways is kept twice, as it was said; and the gate says whose ids.
    const accepted = await start([...kafka, '--accept-source', 'twitter', '--json']).ended
    expect(accepted).toMatchObject({ code: 3 })
    expect(accepted.stderr).toContain('expectCompoundColumnsToBeUnique(platform, post_id)')
    const { by_platform: read } = JSON.parse(accepted.stdout) as Summary
    expect(read['twitter']).toMatchObject({ read: 20_000, written: 18_800 })
    expect((await start(landed).ended).stderr).toMatch(/SBX_SOURCE_CHANGED/)
  })

  test('more partitions than before: refused, and accepted they go on from where they stand', async () => {
    const lake = temporary('kafka-partitions')
    const kafka = args(lake, '--until', 'silver')
    await runPlatform(kafka)
    await admin.createPartitions({ topicPartitions: [{ topic: 'tweets', count: 6 }] })
    const more = await start(kafka).ended
    expect(more).toMatchObject({ code: 1 })
    expect(more.stderr).toMatch(
      /SBX_SOURCE_CHANGED.*partitions was 4, is 6.*--accept-source twitter/,
    )
    const goesOn = await runPlatform([...kafka, '--accept-source', 'twitter'])
    // Nothing is read twice: positions of before mean the same records.
    expect(goesOn.records.read).toBe(0)
    expect((await runPlatform(kafka)).total.by_platform['twitter']?.read).toBe(20_000)
  })

  function bronzeLines(lake: string): Promise<number> {
    return canonical(lake).then(
      ({ bronze }) => (bronze as Record<string, string[]>)['twitter']!.length,
      () => 0,
    )
  }
})

const dataFiles = (lake: string): string[] =>
  filesBelow(lake).filter((file) => /^(bronze|silver|quarantine|gold)\//.test(file))
