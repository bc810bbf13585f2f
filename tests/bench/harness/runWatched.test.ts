import { expect, test } from 'vitest'
import { runWatched } from '../../../bench/harness/runWatched.ts'

const BUSY = `
  const held = Buffer.alloc(200 * 2 ** 20, 1)
  const until = process.cpuUsage().user + 700_000
  while (process.cpuUsage().user < until) {}
  console.log(held.length)
`
const node = process.execPath

test('sees what a process uses that is started by the one that it starts', async () => {
  const nested = `require('child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(BUSY)}], { stdio: 'inherit' })`
  const { answer, seconds, cpuSeconds, rss } = await runWatched({
    command: node,
    args: ['-e', nested],
  })
  expect(answer.trim()).toBe(String(200 * 2 ** 20))
  expect(cpuSeconds).toBeGreaterThan(0.4)
  expect(seconds).toBeGreaterThan(0.7)
  expect(rss).toBeGreaterThan(200 * 2 ** 20)
})

test('a command that fails is an error with what it said', async () => {
  const failing = runWatched({ command: node, args: ['-e', 'throw new Error("broken")'] })
  await expect(failing).rejects.toThrow(/ended with 1:[^]*broken/)
})
