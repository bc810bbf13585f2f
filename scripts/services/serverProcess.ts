import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { openSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const RUNS = join(tmpdir(), 'sluicebox-services')
const READY_MS = 60_000
const STOP_MS = 15_000
const POLL_MS = 50

export interface ServerOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Log, pid and data: removed by `stop`. */
  readonly folder: string
  isReady(): Promise<boolean>
}

/** A server of ours on 127.0.0.1 with its own data, for one test file. */
export interface Server {
  readonly pid: number
  /** Ends it as an operator would, and removes its data. */
  stop(): Promise<void>
  /** Ends it as a power cut would; its data stay. */
  kill9(): Promise<void>
  /** Starts it again on the same port and data, after `kill9`. */
  restart(): Promise<void>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A new folder for one server; those whose test process is gone are ended and removed first. */
export async function serverFolder(name: string): Promise<string> {
  await mkdir(RUNS, { recursive: true })
  await removeOrphans()
  const folder = join(RUNS, `${process.pid}-${name}-${crypto.randomUUID().slice(0, 8)}`)
  await mkdir(folder)
  return folder
}

export async function startServer(options: ServerOptions): Promise<Server> {
  const { name, folder } = options
  let child = await start(options)

  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill(signal)
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(killer)
  }
  return {
    get pid() {
      if (child.pid === undefined) throw new Error(`${name} was not started`)
      return child.pid
    },
    stop: async () => {
      await end('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
    kill9: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGKILL')
      child = await start(options)
    },
  }
}

async function start(options: ServerOptions): Promise<ChildProcess> {
  const { name, command, args, env, folder, isReady } = options
  const path = join(folder, 'server.log')
  const log = openSync(path, 'a')
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  await writeFile(join(folder, 'pid'), String(child.pid))
  const until = Date.now() + READY_MS
  for (;;) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL')
      throw new Error(`${name} did not start:\n${(await readFile(path, 'utf8')).slice(-2000)}`)
    }
    if (await isReady().catch(() => false)) return child
    await delay(POLL_MS)
  }
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => {
            const address = server.address()
            if (address !== null && typeof address === 'object') resolve(address.port)
          })
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

const endNow = async (pid: number): Promise<void> => void process.kill(pid, 'SIGKILL')

/** A test process that was killed leaves its servers: their folders say whose they were. */
async function removeOrphans(): Promise<void> {
  for (const name of await readdir(RUNS)) {
    const owner = Number(name.split('-', 1)[0])
    if (!Number.isInteger(owner) || isAlive(owner)) continue
    const folder = join(RUNS, name)
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => '0'))
    // The pid may be another's by now: only a process that was given this folder is ours.
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    const isOurs = pid > 0 && command.includes(folder)
    // Others may be at it too, and a server writes until it is gone: whoever comes next finds what is left.
    if (isOurs) await endNow(pid).catch(() => {})
    await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => {})
  }
}
