/** The least: what else a machine does only adds. */
export const least = (values: readonly number[]): number => Math.min(...values)

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The least of everything, but the highest peak of memory; the rest is the first run's. */
export function leastOf<
  Run extends { readonly seconds: number; readonly cpuSeconds: number; readonly rss: number },
>(runs: readonly Run[]): Run {
  return {
    ...runs[0]!,
    seconds: least(runs.map((run) => run.seconds)),
    cpuSeconds: least(runs.map((run) => run.cpuSeconds)),
    rss: Math.max(...runs.map((run) => run.rss)),
  }
}
