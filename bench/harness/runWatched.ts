import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { LIMIT_MS, type Measured } from './runApart.ts'
import { settleDisk } from './settleDisk.ts'

const LOOK_MS = 100
const TICKS_A_SECOND = 100
const KIB = 1024

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs a command of any kind and watches it and all that it starts, from outside and by the same rule for
 * everybody: the processor's time that each process had used when it was last seen, and the most memory that all of
 * them had together. `answer` is what it printed.
 */
export async function runWatched({ command, args, cwd, env }: Command): Promise<Measured<string>> {
  settleDisk()
  const started = performance.now()
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  let isOver = false
  const ended = once(child, 'close').finally(() => (isOver = true))
  const ticks = new Map<number, number>()
  let rss = 0
  let isLate = false
  while (!isOver) {
    const living: number[] = []
    rss = Math.max(rss, look(child.pid!, ticks, living))
    if (!isLate && performance.now() - started > LIMIT_MS) {
      isLate = true
      living.forEach(end)
    }
    await Promise.race([ended, delay(LOOK_MS)])
  }
  const [code] = (await ended) as [number | null]
  const seconds = (performance.now() - started) / 1000
  if (isLate) throw new Error(`${command} was ended after ${seconds.toFixed(0)} s`)
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`)
  const cpuSeconds = [...ticks.values()].reduce((sum, count) => sum + count, 0) / TICKS_A_SECOND
  return { answer: stdout, seconds, cpuSeconds, rss }
}

/** Notes what a process and its descendants have used; what they hold together, bytes. */
function look(pid: number, ticks: Map<number, number>, living: number[]): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in brackets, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    living.push(pid)
    ticks.set(pid, Number(fields[11]) + Number(fields[12]))
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const own = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * KIB
    // Each thread lists the processes that it has started.
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim()
      const pids = children === '' ? [] : children.split(' ').map(Number)
      return pids.reduce((held, one) => held + look(one, ticks, living), sum)
    }, own)
  } catch {
    // It has ended meanwhile.
    return 0
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
