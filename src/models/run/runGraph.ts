/** A piece of work that waits for others. */
export interface Step {
  readonly id: string
  /** Ids of steps that must be over before; what is none is not waited for. */
  readonly after: readonly string[]
}

/**
 * Runs steps beside each other, each when those before it are over, on so many workers.
 *
 * @param work is told the steps before it and the number of its worker, from 0
 */
export async function runGraph<One extends Step>(
  steps: readonly One[],
  workers: number,
  work: (step: One, worker: number) => Promise<void>,
): Promise<void> {
  const ids = new Set(steps.map(({ id }) => id))
  const waiting = new Map(
    steps.map((step) => [step, new Set(step.after.filter((id) => ids.has(id)))]),
  )
  const free = Array.from({ length: workers }, (_, worker) => worker)
  const running = new Set<Promise<void>>()
  while (waiting.size > 0 || running.size > 0) {
    const ready = [...waiting].find(([, before]) => before.size === 0)?.[0]
    const worker = ready === undefined ? undefined : free.shift()
    if (ready === undefined || worker === undefined) {
      if (running.size === 0) throw new Error('steps wait for each other')
      await Promise.race(running)
      continue
    }
    waiting.delete(ready)
    const one = work(ready, worker).then(() => {
      for (const before of waiting.values()) before.delete(ready.id)
      free.push(worker)
      running.delete(one)
    })
    // A failure ends the run with the next race.
    one.catch(() => {})
    running.add(one)
  }
}
