import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from './runWatched.ts'

/** A limit that the kernel holds a command to: whoever can't do with it is killed. */
export interface MemoryLimit {
  /** The same command, with all that it starts, under the limit. */
  around(command: Command): Command
  /** How often the kernel took memory back to stay below it: from the page cache, which counts too. */
  reclaims(): number
  remove(): void
}

/** Where groups are made, and how their files are called: version 2, or version 1. */
const PLACES = [
  { folder: '/sys/fs/cgroup', limit: 'memory.max', events: 'memory.events', count: /^max (\d+)/m },
  {
    folder: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    events: 'memory.failcnt',
    count: /^(\d+)/,
  },
] as const

/** Makes a control group; undefined where this user can't. */
export function memoryLimit(bytes: number): MemoryLimit | undefined {
  for (const { folder, limit, events, count } of PLACES) {
    const group = join(folder, `sluicebox-bench-${process.pid}`)
    try {
      mkdirSync(group)
    } catch {
      continue
    }
    try {
      if (!existsSync(join(group, limit))) throw new Error('no memory is counted here')
      writeFileSync(join(group, limit), String(bytes))
    } catch {
      rmdirSync(group)
      continue
    }
    const enter = 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"'
    return {
      around: ({ command, args, ...rest }) => ({
        ...{ ...rest, command: 'bash' },
        args: ['-c', enter, 'limited', group, command, ...args],
      }),
      reclaims: () => Number(count.exec(readFileSync(join(group, events), 'utf8'))?.[1] ?? 0),
      remove: () => rmdirSync(group),
    }
  }
  return undefined
}
