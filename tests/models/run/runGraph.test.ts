import { describe, expect, it } from 'vitest'
import { runGraph } from '../../../src/models/run/runGraph.ts'

const steps = [
  { id: 'd', after: ['b', 'c'] },
  { id: 'b', after: ['a'] },
  { id: 'c', after: ['a', 'not here'] },
  { id: 'a', after: [] },
]

describe('runGraph', () => {
  it('runs each step behind those before it', async () => {
    const done: string[] = []
    await runGraph(steps, 1, async ({ id }) => void done.push(id))
    expect(done).toEqual(['a', 'b', 'c', 'd'])
  })

  it('runs as many at a time as there are workers, each worker one', async () => {
    let most = 0
    const busy = new Set<number>()
    await runGraph(steps, 2, async (_step, worker) => {
      expect(busy.has(worker)).toBe(false)
      busy.add(worker)
      most = Math.max(most, busy.size)
      await new Promise((resolve) => setImmediate(resolve))
      busy.delete(worker)
    })
    expect(most).toBe(2)
  })

  it('ends with the first failure', async () => {
    const done: string[] = []
    const run = runGraph(steps, 2, async ({ id }) => {
      if (id === 'b') throw new Error('broken')
      done.push(id)
    })
    await expect(run).rejects.toThrow('broken')
    expect(done).not.toContain('d')
  })

  it('refuses a circle', async () => {
    const circle = [
      { id: 'a', after: ['b'] },
      { id: 'b', after: ['a'] },
    ]
    await expect(runGraph(circle, 1, async () => {})).rejects.toThrow('wait for each other')
  })
})
