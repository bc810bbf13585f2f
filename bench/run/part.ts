import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Section } from './section.ts'

const HOUR_MS = 3_600_000

/** How much is measured. */
export interface Size {
  readonly tweets: number
  /** Tweets of a run in which starting weighs little. */
  readonly steady: number
  readonly rounds: number
  /** Peers of raw files to Silver, by the names of their sides in `bench/peers.ts`. */
  readonly peers: readonly string[]
  /** Inputs over which memory is looked at, tweets. */
  readonly inputs: readonly number[]
  readonly threads: readonly number[]
  /** Posts of all platforms together. */
  readonly posts: number
  readonly seconds: number
  readonly rates: readonly number[]
  readonly keys: number
  /** Events that go through a bounded window. */
  readonly windows: readonly number[]
  readonly events: number
}

/** Something that is measured by itself, kept as JSON, and shown on the page. */
export interface Part<Result> {
  readonly title: string
  /** How long it takes at full size on two idle cores. */
  readonly minutes: number
  /** Returns plain data: it is kept in a file, and shown by a later run too. */
  measure(size: Size): Result
  show(result: Result, size: Size): Section
}

/** Runs a benchmark with `--json` and returns what it printed last. What it says meanwhile is shown. */
export const measure = <Result>(script: string, args: readonly string[]): Result =>
  JSON.parse(measureLines(script, [...args, '--json']).at(-1)!) as Result

/** Runs a benchmark and returns what it printed. */
export function measureLines(script: string, args: readonly string[]): readonly string[] {
  const path = join(import.meta.dirname, '..', script)
  const out = execFileSync(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
    timeout: 2 * HOUR_MS,
  })
  return out.toString().trimEnd().split('\n')
}
