import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { start, type Ended, type Started } from '../../contract/platform.ts'

export interface MembersOptions {
  readonly lake: string
  readonly landing: string
  readonly kafka: string
  readonly count: number
  readonly epochMs: number
  readonly env: Readonly<Record<string, string>>
}

/** Processes that share one topology in streaming mode; whoever ends unasked is a failure. */
export interface Members {
  /** Kills one as a power cut would, and starts another in its place. */
  kill(index: number): Promise<void>
  /** Ends one in order, and starts another in its place. */
  replace(index: number): Promise<void>
  /** Freezes one for so long that the others take its tasks. */
  freeze(index: number, forMs: number): Promise<void>
  /** Starts one more, with these variables; returns it. */
  add(env: Readonly<Record<string, string>>): Started
  /** Resolves when so many more epochs were committed by anyone, or rejects after a while. */
  committed(count: number, withinMs: number): Promise<void>
  stop(): Promise<void>
  /** Writes down what each of them has logged, for who looks for a cause. */
  keepLogs(folder: string): void
}

const COMMITTED = '"event":"committed"'

export function startMembers(options: MembersOptions): Members {
  const { lake, landing, kafka, count, epochMs, env } = options
  const asked = new Set<Started>()
  const all: Started[] = []
  let failure: Ended | undefined
  const begin = (more: Readonly<Record<string, string>> = {}): Started => {
    const args = ['--lake', lake, '--landing', landing, '--kafka', kafka, '--until', 'silver']
    const member = start(
      [...args, '--mode', 'streaming', '--epoch', String(epochMs), '--parallelism', '1'],
      { ...env, SLUICEBOX_LOG: 'info', ...more },
    )
    all.push(member)
    void member.ended.then((ended) => {
      if (!asked.has(member)) failure ??= ended
    })
    return member
  }
  const members = Array.from({ length: count }, () => begin())
  const check = (): void => {
    if (failure !== undefined)
      throw new Error(
        `a process ended by itself with ${failure.code ?? failure.signal}:\n${failure.stderr.slice(-4000)}`,
      )
  }
  const end = async (member: Started, signal: NodeJS.Signals): Promise<void> => {
    asked.add(member)
    member.kill(signal)
    const { code, stderr, signal: endedBy } = await endedOf(member)
    // One that has hardly begun does not listen yet.
    if (signal === 'SIGTERM' && code !== 0 && endedBy !== 'SIGTERM')
      throw new Error(`a process ended with ${code}:\n${stderr.slice(-4000)}`)
  }
  return {
    async kill(index) {
      check()
      await end(members[index]!, 'SIGKILL')
      members[index] = begin()
    },
    async replace(index) {
      check()
      await end(members[index]!, 'SIGTERM')
      members[index] = begin()
    },
    async freeze(index, forMs) {
      check()
      members[index]!.kill('SIGSTOP')
      await delay(forMs)
      members[index]!.kill('SIGCONT')
    },
    add: begin,
    async committed(count, withinMs) {
      const now = (): number =>
        all.reduce((sum, { log }) => sum + log().split(COMMITTED).length - 1, 0)
      const until = Date.now() + withinMs
      for (const target = now() + count; now() < target;) {
        check()
        if (Date.now() > until) {
          const ends = all.filter((member) => !asked.has(member)).map((one) => tailOf(one.log()))
          throw new Error(`no ${count} epochs within ${withinMs} ms:\n${ends.join('\n--\n')}`)
        }
        await delay(100)
      }
    },
    async stop() {
      check()
      for (const member of all) member.kill('SIGCONT')
      await Promise.all(
        all.map(async (member) => {
          if (!asked.has(member)) await end(member, 'SIGTERM')
        }),
      )
    },
    keepLogs(folder) {
      for (const [index, member] of all.entries()) {
        writeFileSync(join(folder, `process-${index}-${member.pid}.log`), member.log())
      }
    },
  }
}

/** One that was told to end and is still there after that is stuck. */
const STUCK_MS = 120_000

async function endedOf(member: Started): Promise<Ended> {
  const over = new AbortController()
  const stuck = delay(STUCK_MS, undefined, { signal: over.signal }).then((): never => {
    throw new Error(`process ${member.pid} does not end:\n${tailOf(member.log())}`)
  })
  stuck.catch(() => {})
  try {
    return await Promise.race([member.ended, stuck])
  } finally {
    over.abort()
  }
}

const tailOf = (log: string): string => log.split('\n').slice(-12).join('\n')
