import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runPython } from '../../scripts/python.ts'
import { isInstalled } from '../../scripts/services/install.ts'
import { startS3 } from '../../scripts/services/startS3.ts'
import type { S3Server } from '../../scripts/services/startS3.ts'
import type { Summary } from '../../topologies/platform/summary.ts'
import { expectGold, expectSilver, expectSummary } from '../contract/expected.ts'
import { contractLanding, start } from '../contract/platform.ts'
import { strayFiles } from '../contract/readLake.ts'
import { dataOf, makeS3Lake } from './s3Lake.ts'
import type { S3Lake } from './s3Lake.ts'

// The whole platform in a bucket: the same tables as in a folder, and nothing beside them.

const COUNT = `
import json, os, sys
from deltalake import DeltaTable
options = {name: os.environ[name] for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
options["AWS_ALLOW_HTTP"] = "true"
def rows(path):
    return DeltaTable(sys.argv[1] + "/" + path, storage_options=options).to_pyarrow_table().num_rows
print(json.dumps({path: rows(path) for path in sys.argv[2:]}))
`

describe.each(['versitygw', 'minio'] as const)('on %s', (name) => {
  if (!isInstalled(name)) {
    test.skip(`is not installed: run node scripts/services/install.ts ${name}`, () => {})
    return
  }
  const before = { ...process.env }
  let server: S3Server
  let lake: S3Lake
  beforeAll(async () => {
    server = await startS3({ server: name })
    Object.assign(process.env, server.env)
    lake = await makeS3Lake(server)
  })
  afterAll(async () => {
    process.env = before
    await server.stop()
  })

  const args = (of: S3Lake, ...more: string[]): string[] => [
    ...['--lake', of.url, '--landing', contractLanding, '--json'],
    ...more,
  ]
  const run = async (of: S3Lake, ...more: string[]): Promise<Summary> => {
    const ended = await start(args(of, ...more), { SLUICEBOX_LOG: 'debug' }).ended
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout + ended.stderr).not.toContain(server.env['AWS_SECRET_ACCESS_KEY'])
    return JSON.parse(ended.stdout) as Summary
  }
  const expectWhole = async (of: S3Lake, versions = 1): Promise<void> => {
    expect(await of.uploads()).toEqual([])
    const copy = await of.download()
    await expectSilver(copy)
    await expectGold(copy)
    // Gold's older versions are there until a vacuum: readers may have them open.
    const isOlderGold = (path: string): boolean => versions > 1 && path.includes('/gold/')
    expect(strayFiles(copy).filter((path) => !isOlderGold(path))).toEqual([])
  }

  test('a micro-batch gives the expected tables; a second run reads nothing and changes no object', async () => {
    expectSummary(await run(lake, '--parallelism', '1', '--epoch', '500'), true)
    await expectWhole(lake)
    const first = dataOf(await lake.objects())
    const second = await run(lake, '--parallelism', '2')
    expectSummary(second, false)
    expect(second.gold_version).toBe(1)
    expect(dataOf(await lake.objects())).toEqual(first)
    expect(await lake.uploads()).toEqual([])
  })

  test('delta-rs counts the rows of its tables', async () => {
    const copy = await lake.download()
    await expectGold(copy)
    const counted = await runPython<Record<string, number>>(
      COUNT,
      lake.url,
      ...['silver/posts', 'quarantine', 'gold/dim_posts', 'gold/fact_post_metrics'],
    )
    expect(counted).toEqual({
      'silver/posts': 24_440,
      quarantine: 260,
      'gold/dim_posts': 24_440,
      'gold/fact_post_metrics': 24_440,
    })
  })

  test('streaming on two threads gives the same tables', async () => {
    const other = await makeS3Lake(server)
    const streaming = start(
      args(other, '--mode', 'streaming', '--epoch', '300', '--parallelism', '2'),
    )
    for (const task of ['twitter', 'reddit', 'youtube'])
      await streaming.saw(`"caught_up","task":"${task}"`)
    streaming.kill('SIGTERM')
    const ended = await streaming.ended
    expect(ended.code, ended.stderr).toBe(0)
    const summary = JSON.parse(ended.stdout) as Summary
    expectSummary(summary, true)
    await expectWhole(other, summary.gold_version ?? 0)
  })
})
