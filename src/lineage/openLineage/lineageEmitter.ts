import { constants } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConfigError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Logger } from '../../core/logger.ts'

const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants

export interface LineageEmitterOptions {
  /** A file that gets one event a line, or the `http(s)://` address that events are posted to. */
  readonly to: string
  readonly logger: Logger
  /** Sent with each request: an API key and the like. */
  readonly headers?: Readonly<Record<string, string>>
  /** How long one event may take, ms. @defaultValue 5000 */
  readonly timeoutMs?: number
  /** How many events may wait; further ones are dropped. @defaultValue 100 */
  readonly maxWaiting?: number
}

export interface LineageEmitter {
  /** Takes an event and returns at once. */
  emit(event: JsonObject): void
  /** Resolves when all that waits is sent or given up, after `timeoutMs` at the latest. Never rejects. */
  close(): Promise<void>
}

/**
 * Hands lineage events, those of `runEvent`, on, one after the other, beside a run and never at its cost: what can't be sent in time is
 * dropped and logged as `lineage_lost`.
 *
 * @throws ConfigError `SBX_OPTION` for an impossible value
 * @example
 * ```ts
 * const emitter = lineageEmitter({ to: './events.ndjson', logger: console })
 * const running = run(topology)
 * const facts = {
 *   ...{ runId: running.runId, namespace: 'shop', job: 'orders', processing: 'BATCH' as const },
 *   inputs: [{ namespace: 'file', name: '/landing/orders' }],
 *   outputs: [{ namespace: 'file', name: '/lake/silver/orders' }],
 * }
 * emitter.emit(runEvent({ ...facts, type: 'START', timeMs: Date.now() }))
 * await running.done
 * emitter.emit(runEvent({ ...facts, type: 'COMPLETE', timeMs: Date.now() }))
 * await emitter.close()
 * ```
 */
export function lineageEmitter(options: LineageEmitterOptions): LineageEmitter {
  const { to, logger, headers = {}, timeoutMs = 5000, maxWaiting = 100 } = options
  for (const [name, value] of Object.entries({ timeoutMs, maxWaiting })) {
    if (Number.isFinite(value) && value > 0) continue
    throw new ConfigError(`lineageEmitter: ${name} must be a number above 0, not ${value}`, {
      code: 'SBX_OPTION',
    })
  }
  const isHttp = /^https?:\/\//.test(to)
  if (
    to === '' ||
    (isHttp && !URL.canParse(to)) ||
    (!isHttp && /^[a-z][a-z0-9+.-]+:\/\//i.test(to))
  ) {
    throw new ConfigError(
      `lineageEmitter: events go to a file or to an http(s):// address, not to '${to}'`,
      { code: 'SBX_OPTION' },
    )
  }
  const send = isHttp ? post(to, headers) : append(to)
  const closing = new AbortController()
  let waiting = 0
  let last: Promise<void> = Promise.resolve()

  const lost = (why: string): void => logger.warn('lineage_lost', { why })
  const attempt = async (body: string): Promise<void> => {
    try {
      closing.signal.throwIfAborted()
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)])
      // A file system may hang too, and knows no signal.
      await Promise.race([send(body, signal), aborted(signal)])
    } catch (error) {
      lost(error instanceof Error ? error.message : String(error))
    } finally {
      waiting -= 1
    }
  }
  return {
    emit(event) {
      if (waiting >= maxWaiting) return lost(`${maxWaiting} events are waiting`)
      waiting += 1
      const body = JSON.stringify(event)
      last = last.then(() => attempt(body))
    },
    async close() {
      const timer = setTimeout(() => closing.abort(new Error('gave up at the end')), timeoutMs)
      await last
      clearTimeout(timer)
    },
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })

type Send = (body: string, signal: AbortSignal) => Promise<void>

const append =
  (file: string): Send =>
  async (body) => {
    await makeFolder(dirname(file))
    // A pipe that nobody reads would keep the process from ending.
    const handle = await open(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK)
    try {
      await handle.appendFile(`${body}\n`)
    } finally {
      await handle.close()
    }
  }

/** Not by `recursive`, which never comes back where a folder can't be made, as below `/proc`. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      // Others make it too.
      if (error.code !== 'EEXIST') throw error
    })
  }
}

const post =
  (url: string, headers: Readonly<Record<string, string>>): Send =>
  async (body, signal) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal,
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`the lineage server answered ${response.status}`)
  }
