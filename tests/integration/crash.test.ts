import { expect, test } from 'vitest'
import { crashLoop } from '../faults/crashLoop.ts'
import { everyCall } from '../faults/everyCall.ts'

// Short forms; `npm run test:crash -- --cycles 30` and `npm run test:faults` are the long ones.

test('lives ended by SIGKILL end in the tables of an undisturbed run, without a stray file', async () => {
  const lines: string[] = []
  const result = await crashLoop({
    cycles: 5,
    events: 200_000,
    seed: 7,
    say: (line) => lines.push(line),
  })
  expect(result.differences, lines.join('\n')).toEqual([])
  expect(result.strays).toEqual([])
  expect(result.total).toEqual(result.expectedTotal)
  expect(result.kills).toBe(5)
  expect(result.killedAfterCommit).toBeGreaterThanOrEqual(2)
})

test('I/O calls that fail, tear, answer wrongly or are the last of the process change nothing', async () => {
  const report = await everyCall(61, 17, () => {})
  expect(report.findings).toEqual([])
  expect(report.tried).toBeGreaterThan(40)
})
