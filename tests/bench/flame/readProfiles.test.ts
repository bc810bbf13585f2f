import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Frame } from '../../../bench/charts/flameChart.ts'
import { readProfiles } from '../../../bench/flame/readProfiles.ts'

const find = (frame: Frame, name: string): Frame | undefined =>
  frame.name === name
    ? frame
    : frame.children.map((child) => find(child, name)).find((found) => found !== undefined)

test('joins what Node sampled of a process and its workers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluicebox-profiles-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const script = join(folder, 'busy.mjs')
  await writeFile(
    script,
    `import { isMainThread, Worker } from 'node:worker_threads'
     const until = (ms) => { const end = performance.now() + ms; while (performance.now() < end); }
     function callingWork() { until(150) }
     function workersWork() { until(150) }
     if (isMainThread) { new Worker(new URL(import.meta.url)); callingWork() }
     else workersWork()`,
  )
  execFileSync(process.execPath, ['--cpu-prof', `--cpu-prof-dir=${folder}`, script])
  const all = readProfiles(folder, folder)
  const [calling, workers] = ['calling thread', 'worker threads'].map((name) => find(all, name)!)
  expect(all.value).toBe(calling!.value + workers!.value)
  const busy = [find(calling!, 'callingWork'), find(workers!, 'workersWork')]
  for (const frame of busy) {
    expect(frame!.where).toMatch(/^busy\.mjs:\d$/)
    expect(frame!.value).toBeGreaterThan(0)
    expect(frame!.children.map(({ name }) => name)).toContain('until')
  }
  expect(find(calling!, 'workersWork')).toBeUndefined()
  expect(find(all, '(idle)')).toBeUndefined()
})
