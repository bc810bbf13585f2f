import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** How much is measured: everything takes hours, a try takes minutes and its figures mean little. */
export interface Size {
  readonly tweets: number
  readonly rounds: number
  /** Sides of `bench/peers.ts`, by its names. */
  readonly sides: readonly string[]
  /** Inputs over which memory is looked at, tweets. */
  readonly inputs: readonly number[]
  readonly threads: readonly number[]
  readonly seconds: number
  readonly rates: readonly number[]
  readonly keys: number
  readonly events: number
}

/** One part of docs/benchmarks.md. */
export interface Section {
  readonly title: string
  /** Markdown, without the title. */
  readonly text: string
  /** Lies beside the document as `benchmarks/<name>.svg`. */
  readonly chart?: { readonly name: string; readonly svg: string }
}

/** Runs a benchmark with `--json` and returns what it printed last. What it says meanwhile is shown. */
export function measure<Result>(script: string, args: readonly string[]): Result {
  const path = join(import.meta.dirname, '..', script)
  const out = execFileSync(process.execPath, [path, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  })
  return JSON.parse(out.toString().trimEnd().split('\n').at(-1)!) as Result
}

/** A table of Markdown; the first column is text, the others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

export const thousands = (value: number): string => Math.round(value).toLocaleString('en-US')
export const mebibytes = (bytes: number): string => `${thousands(bytes / 2 ** 20)} MiB`
