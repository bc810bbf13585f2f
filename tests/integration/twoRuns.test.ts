import { expect, test } from 'vitest'
import { expectSilver, expectSummary } from '../contract/expected.ts'
import { contractLanding, runPlatform, start, temporary } from '../contract/platform.ts'
import { strayFiles } from '../contract/readLake.ts'

test('of two runs on one lake one names the other and stops; nothing is doubled', async () => {
  const lake = temporary('two-runs')
  const args = ['--lake', lake, '--landing', contractLanding, '--until', 'silver']
  const first = start([...args, '--mode', 'streaming'])
  for (const task of ['twitter', 'reddit', 'youtube'])
    await first.saw(`"caught_up","task":"${task}"`)
  const second = await start([...args, '--json']).ended
  expect(second.code).toBe(1)
  expect(second.stderr).toMatch(
    new RegExp(`SBX_TASK_HELD.*held by another run.*process ${first.pid} on`),
  )
  first.kill('SIGTERM')
  expect(await first.ended).toMatchObject({ code: 0 })
  expectSummary(await runPlatform(args), false)
  await expectSilver(lake)
  expect(strayFiles(lake)).toEqual([])
})

test('two micro-batches at once share the work and both end well', async () => {
  const lake = temporary('two-batches')
  const args = ['--lake', lake, '--landing', contractLanding, '--until', 'silver', '--epoch', '200']
  await Promise.all([runPlatform(args), runPlatform(args)])
  expectSummary(await runPlatform(args), false)
  await expectSilver(lake)
})
