import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { settleDisk } from './settleDisk.ts'

/** Nothing that is measured takes nearly as long. */
export const LIMIT_MS = 30 * 60_000

/** One run in a process of its own, from its start to its end. */
export interface Measured<Answer = unknown> {
  readonly answer: Answer
  readonly seconds: number
  readonly cpuSeconds: number
  /** Peak, bytes. */
  readonly rss: number
}

/**
 * Runs a script in a Node process of its own, which ends with `reportSelf`.
 *
 * @param node - Options of Node
 */
export function runApart<Answer>(
  script: string,
  args: readonly string[],
  node: readonly string[] = [],
): Measured<Answer> {
  settleDisk()
  const start = performance.now()
  const limits = { maxBuffer: 2 ** 26, timeout: LIMIT_MS }
  const out = execFileSync(process.execPath, [...node, script, ...args], limits)
  const seconds = (performance.now() - start) / 1000
  const last = out.toString().trimEnd().split('\n').at(-1)!
  return { ...(JSON.parse(last) as Omit<Measured<Answer>, 'seconds'>), seconds }
}

/** Has something run with a lake of its own in the temporary folder; removing it is nobody's time. */
export function withLake<Run>(name: string, run: (lake: string) => Run): Run {
  const lake = mkdtempSync(join(tmpdir(), `bench-${name}-`))
  try {
    return run(lake)
  } finally {
    rmSync(lake, { recursive: true })
  }
}

/** Prints what a side found, with the processor's time and the peak memory of this process. */
export function reportSelf(answer: unknown): void {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6
  console.log(JSON.stringify({ answer, cpuSeconds, rss: maxRSS * 1024 }))
}

/** All sides once, then all of them again: what else the machine does disturbs them alike. */
export function takeTurns<Side extends string, Run>(
  sides: readonly Side[],
  rounds: number,
  run: (side: Side) => Run,
): Record<Side, Run[]> {
  const runs = Object.fromEntries(sides.map((side) => [side, []])) as unknown as Record<Side, Run[]>
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) runs[side].push(run(side))
  }
  return runs
}
