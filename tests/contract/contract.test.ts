import { describe, expect, test } from 'vitest'
import { expectGold, expectSilver, expectSummary } from './expected.ts'
import { contractLanding, runPlatform, start, temporary } from './platform.ts'
import type { Summary } from '../../topologies/platform/summary.ts'
import { canonical, filesBelow } from './readLake.ts'

const args = (lake: string, ...more: string[]): string[] => [
  ...['--lake', lake, '--landing', contractLanding],
  ...more,
]

describe('the contract’s input', () => {
  test.each([1, 2, 3])(
    'gives the expected tables in micro-batch with parallelism %i',
    async (n) => {
      const lake = temporary(`contract-${n}`)
      const summary = await runPlatform(args(lake, '--parallelism', String(n), '--epoch', '500'))
      expectSummary(summary, true)
      await expectSilver(lake)
      await expectGold(lake)
      expect(summary.gold_version).toBe(1)
    },
  )

  test('gives the same tables within a memory budget, whose shares the log names', async () => {
    const lake = temporary('contract-memory')
    const memory = ['--memory', '512MB', '--parallelism', '2', '--epoch', '500', '--json']
    const ended = await start(args(lake, ...memory)).ended
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stderr).toMatch(/"event":"memory","memory_bytes":512000000,"threads":2,/)
    expectSummary(JSON.parse(ended.stdout) as Summary, true)
    await expectSilver(lake)
    await expectGold(lake)
  })

  test('is not read with less memory than works, and the text says how much that is', async () => {
    const lake = temporary('contract-no-memory')
    const ended = await start(args(lake, '--memory', '200MB', '--parallelism', '2')).ended
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('SBX_OPTION: memory is 200MB (191 MiB), the least that works is')
    expect(filesBelow(lake)).toEqual([])
  })

  test('gives the same tables in streaming mode, and ends in order on SIGTERM', async () => {
    const lake = temporary('contract-streaming')
    const run = start(args(lake, '--mode', 'streaming', '--epoch', '300', '--json'))
    for (const task of ['twitter', 'reddit', 'youtube'])
      await run.saw(`"caught_up","task":"${task}"`)
    run.kill('SIGTERM')
    const ended = await run.ended
    expect(ended).toMatchObject({ code: 0 })
    expectSummary(JSON.parse(ended.stdout) as Summary, true)
    await expectSilver(lake)
    await expectGold(lake)
  })

  test('is read once: a second run reads nothing and changes nothing', async () => {
    const lake = temporary('contract-twice')
    const first = await runPlatform(args(lake, '--parallelism', '2'))
    const before = { ...(await canonical(lake)), files: dataFiles(lake) }
    const second = await runPlatform(args(lake, '--parallelism', '1'))
    expectSummary(second, false)
    expect(second.gold_version).toBe(first.gold_version)
    expect({ ...(await canonical(lake)), files: dataFiles(lake) }).toEqual(before)
  })

  test('stops at Silver where asked to, and a later run builds Gold', async () => {
    const lake = temporary('contract-until')
    const first = await runPlatform(args(lake, '--until', 'silver'))
    expect(first.gold_version).toBeNull()
    expect(filesBelow(`${lake}/gold`)).toEqual([])
    const second = await runPlatform(args(lake))
    expect(second.gold_version).toBe(1)
    await expectGold(lake)
  })
})

const dataFiles = (lake: string): string[] =>
  filesBelow(lake).filter((file) => /^(bronze|silver|quarantine|gold)\//.test(file))
