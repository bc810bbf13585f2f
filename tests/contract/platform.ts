import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Summary } from '../../topologies/platform/summary.ts'

export const root = join(import.meta.dirname, '../..')
export const contractLanding = join(root, 'tests/fixtures/contract/landing')
const node = join(root, 'node_modules/.bin/node')

/** A folder for one test, under the system's own for temporary files. */
export const temporary = (name: string): string => mkdtempSync(join(tmpdir(), `sluicebox-${name}-`))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly pid: number
  readonly ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
  /** What it has written to stderr so far. */
  log(): string
  /** Resolves when a line on stderr contains `text`. */
  saw(text: string): Promise<void>
}

/** Starts the platform as a user would. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn(node, [join(root, 'topologies/full.ts'), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const waiting: { text: string; resolve(): void; reject(error: Error): void }[] = []
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
    for (const { text, resolve } of waiting) if (stderr.includes(text)) resolve()
  })
  const ended = once(child, 'close').then((closed): Ended => {
    const [code, signal] = closed as [number | null, NodeJS.Signals | null]
    for (const { text, reject } of waiting) reject(new Error(`ended without '${text}':\n${stderr}`))
    return { code, signal, stdout, stderr }
  })
  return {
    pid: child.pid!,
    ended,
    kill: (signal) => child.kill(signal),
    log: () => stderr,
    saw: (text) =>
      new Promise((resolve, reject) => {
        if (stderr.includes(text)) resolve()
        else waiting.push({ text, resolve, reject })
      }),
  }
}

/** Runs the platform to its end and returns the summary; any exit code but `code` is an error. */
export async function runPlatform(
  args: readonly string[],
  code = 0,
  env: Readonly<Record<string, string>> = {},
): Promise<Summary> {
  const ended = await start([...args, '--json'], env).ended
  if (ended.code !== code) {
    throw new Error(`exit code ${ended.code ?? ended.signal}:\n${ended.stderr}${ended.stdout}`)
  }
  return JSON.parse(ended.stdout) as Summary
}
