import { dirname } from 'node:path'
import { SourceError } from '../../core/errors.ts'
import type { SourceBatch, SourceReader } from '../../core/unit.ts'
import { listLanding, type Listed } from './listLanding.ts'
import { lookAt, type Look } from './lookAt.ts'
import type { Landing, Outcome } from './visit.ts'
import { visitFile } from './visitFile.ts'

export interface LandingReaderOptions extends Landing {
  /** The landing zone, absolute. */
  readonly folder: string
  /** Whether a file of this name is read. */
  takes(name: string): boolean
}

/** How many files are looked at together. */
const LOOKS_AHEAD = 32

interface Left {
  readonly look: Look
  readonly outcome: Outcome
  readonly sinceMs: number
}

/** Between two looks at the folder while streaming, ms; and while a micro-batch waits. */
const POLL_MS = 500
const WAIT_MS = 100
/** A file that still changes after this long is left for the next run, ms. */
const PATIENCE_MS = 10_000
/** How often streaming tries a file that could not be read, ms. */
const RETRY_MS = 10_000
/** How many files that were read long ago are looked at again in one poll. */
const QUIET_LOOKS = 2000

/**
 * Walks the folder and visits what is new, file by file in name order. A micro-batch looks once, and then
 * waits for the files that it found unsettled; streaming looks again and again.
 */
export function landingReader(options: LandingReaderOptions): SourceReader {
  const { context, disk, index, settling, folder } = options
  const { clock, logger, node, signal, mode } = context
  /** Files that were left unsettled, as they looked then. */
  const left = new Map<string, Left>()
  /** When files that could not be read were last tried in this run, ms. */
  const tried = new Map<string, number>()
  const linked = new Set<string>()
  let root: string | undefined
  let queue: Listed[] = []
  let quietFrom = 0
  let nextScanMs = -Infinity
  const ahead = new Map<string, Promise<Look | undefined>>()
  let visit: AsyncGenerator<SourceBatch, Outcome> | undefined
  let visited: Look | undefined

  const scan = async (): Promise<void> => {
    const startedMs = clock.now()
    try {
      root ??= await disk.realpath(folder)
      queue = await listLanding({
        disk,
        root,
        takes: options.takes,
        onLinkedFolder(path) {
          if (linked.has(path)) return
          linked.add(path)
          logger.warn('landing_skipped', { node, folder: path, detail: 'a link to a folder' })
        },
      })
    } catch (error) {
      queue = []
      await checkMissing(error as NodeJS.ErrnoException)
    }
    if (root !== undefined && (left.size > 0 || index.inProgress > 0)) {
      const present = new Set(queue.map(({ path }) => path))
      index.keepOnly(present)
      for (const path of left.keys()) if (!present.has(path)) left.delete(path)
    }
    if (mode === 'streaming') queue = withoutQuiet(queue)
    queue.reverse()
    // A huge landing zone is not walked all the time.
    nextScanMs = clock.now() + Math.max(POLL_MS, 5 * (clock.now() - startedMs))
  }

  /** A folder of a platform may be missing where there is nothing of it; the landing zone may not. */
  const checkMissing = async (error: NodeJS.ErrnoException): Promise<void> => {
    root = undefined
    const missing = error.code === 'ENOENT'
    if (missing && mode === 'streaming') return
    const parent = await disk.stat(dirname(folder)).catch(() => undefined)
    if (missing && parent?.isDirectory() === true) return
    throw new SourceError(
      missing
        ? `the landing zone ${folder} does not exist; make the folder, or name the right one`
        : `can't list the landing zone ${folder}: ${error.message}; name a folder that can be read`,
      { code: 'SBX_LANDING_FOLDER', node, cause: error },
    )
  }

  /** Of very many finished files, only some are asked in each poll whether they have grown. */
  const withoutQuiet = (found: readonly Listed[]): Listed[] => {
    if (found.length <= QUIET_LOOKS) return [...found]
    const begin = quietFrom < found.length ? quietFrom : 0
    quietFrom = begin + QUIET_LOOKS
    return found.filter(
      ({ path }, at) => !index.isFinished(path) || (at >= begin && at < quietFrom),
    )
  }

  /** The file to visit, if there is something new about it. */
  const consider = async ({ path, problem }: Listed): Promise<Look | undefined> => {
    const seen = await (ahead.get(path) ?? lookAt(disk, root!, path))
    ahead.delete(path)
    if (seen === undefined) left.delete(path)
    if (seen === undefined) return undefined
    const look = problem === undefined ? seen : { ...seen, problem: problem.message }
    const known = index.get(path)
    const unchanged = known?.size === look.size && known.mtimeMs === look.mtimeMs
    if (index.isFinished(path) && unchanged) {
      return known.problem !== undefined && isDue(path) ? look : undefined
    }
    const before = left.get(path)?.look
    const asLeft = before?.size === look.size && before.mtimeMs === look.mtimeMs
    return asLeft && !settling.isSettled(path, look.size, look.mtimeMs) ? undefined : look
  }

  /** Whether a file that could not be read is tried again: once in a micro-batch. */
  const isDue = (path: string): boolean => {
    const triedMs = tried.get(path)
    const again = mode === 'streaming' && clock.now() - (triedMs ?? 0) >= RETRY_MS
    if (triedMs !== undefined && !again) return false
    tried.set(path, clock.now())
    return true
  }

  /** Whether a micro-batch goes on waiting for a file that is not settled. */
  const hasPatience = (path: string, { sinceMs }: Left): boolean => {
    if (clock.now() - sinceMs < PATIENCE_MS) return true
    left.delete(path)
    logger.warn('landing_unsettled', { node, file: path, waited_ms: clock.now() - sinceMs })
    return false
  }

  const next = async (): Promise<Look | undefined> => {
    const scans = mode === 'streaming' ? clock.now() >= nextScanMs : nextScanMs === -Infinity
    if (queue.length === 0 && scans) await scan()
    while (!signal.aborted) {
      if (ahead.size === 0) {
        for (const { path } of queue.slice(-LOOKS_AHEAD)) {
          ahead.set(path, lookAt(disk, root!, path))
        }
      }
      const listed = queue.pop()
      if (listed !== undefined) {
        const look = await consider(listed)
        if (look !== undefined) return look
        const { path } = listed
        const waiting = left.get(path)
        if (mode === 'streaming' || waiting === undefined) continue
        // Names are read in order: what waits holds those behind it up, what may only grow doesn't.
        if (!hasPatience(path, waiting) || waiting.outcome === 'young') continue
        queue.push(listed)
      } else {
        if (mode === 'streaming' || left.size === 0) return undefined
        for (const path of [...left.keys()].reverse()) queue.push({ path })
      }
      await clock.sleep(WAIT_MS, signal)
    }
    return undefined
  }

  const leave = (look: Look, outcome: Outcome): void => {
    const { path } = look
    if (outcome === 'done') left.delete(path)
    else left.set(path, { look, outcome, sinceMs: left.get(path)?.sinceMs ?? clock.now() })
    if (outcome === 'waiting' && mode === 'micro-batch') queue.push({ path })
  }

  return {
    async read() {
      for (;;) {
        if (visit !== undefined) {
          const step = await visit.next()
          if (step.done !== true) return step.value
          leave(visited!, step.value)
          visit = undefined
        }
        visited = await next()
        if (visited === undefined) return undefined
        visit = visitFile(options, visited)
      }
    },
    position: () => index.position(),
    added: (names) => index.added(names),
    async close() {
      await visit?.return('done')
    },
  }
}
