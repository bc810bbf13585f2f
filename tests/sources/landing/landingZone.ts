import { appendFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { frame } from '../../../src/core/framing.ts'
import type { Json } from '../../../src/core/json.ts'
import type {
  SourceBatch,
  SourceContext,
  SourceReader,
  SourceReject,
  StoredState,
} from '../../../src/core/unit.ts'
import { landingFiles, type LandingFilesOptions } from '../../../src/sources/landingFiles.ts'

/** One record as whoever is behind the source sees it. */
export interface Seen {
  readonly source: string
  readonly text: string
  readonly offset: number
  readonly shape: string
}

export interface Run {
  readonly reader: SourceReader
  readonly batches: SourceBatch[]
  readonly records: Seen[]
  readonly rejects: (SourceReject & { readonly source: string })[]
  /** Reads until there is nothing now. */
  drain(): Promise<Run>
  /** Reads one batch. False when there is nothing now. */
  step(): Promise<boolean>
  texts(): string[]
  /** `reason source` of everything that was turned down. */
  reasons(): string[]
}

/** A landing zone in a temporary folder, with a clock that sleeping moves. */
export async function landingZone() {
  const folder = await mkdtemp(join(tmpdir(), 'landing-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const startMs = Date.UTC(2024, 5, 1)
  let nowMs = startMs
  const events: { atMs: number; act: () => Promise<void> }[] = []
  const objects = new Map<string, Uint8Array>()
  const logs: string[] = []
  const log = (event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    logs.push(`${event} ${String(fields['file'] ?? fields['folder'])}`)
  }

  const zone = {
    folder,
    logs,
    objects,
    now: () => nowMs,
    /** Time passes, and what was planned for it happens. */
    async advance(byMs: number): Promise<void> {
      const untilMs = nowMs + byMs
      events.sort((a, b) => a.atMs - b.atMs)
      while (events[0] !== undefined && events[0].atMs <= untilMs) {
        const event = events.shift()!
        nowMs = event.atMs
        await event.act()
      }
      nowMs = untilMs
    },
    /** Does something when that much time has passed since now. */
    later(inMs: number, act: () => Promise<void>): void {
      events.push({ atMs: nowMs + inMs, act })
    },
    /** Puts a file there that has not changed for `ageMs`. */
    async put(name: string, content: string | Uint8Array, ageMs = 60_000): Promise<void> {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content)
      await zone.touch(name, ageMs)
    },
    async append(name: string, content: string | Uint8Array, ageMs = 0): Promise<void> {
      await appendFile(join(folder, name), content)
      await zone.touch(name, ageMs)
    },
    async touch(name: string, ageMs = 0): Promise<void> {
      const seconds = (nowMs - ageMs) / 1000
      await utimes(join(folder, name), seconds, seconds)
    },
    /** Opens the source, where a checkpoint stands. */
    async open(
      options: Partial<LandingFilesOptions> = {},
      context: Partial<SourceContext> = {},
    ): Promise<Run> {
      const reader = await landingFiles({ path: folder, ...options }).open({
        node: 'landing',
        clock: { now: zone.now, sleep: zone.advance },
        logger: { info: log, warn: log, error: log },
        signal: new AbortController().signal,
        mode: 'micro-batch',
        batchBytes: 1024,
        restored: undefined,
        ...context,
      })
      onTestFinished(() => reader.close())
      return runOf(reader)
    },
    /** Reads everything there is, in one micro-batch. */
    async read(
      options: Partial<LandingFilesOptions> = {},
      context: Partial<SourceContext> = {},
    ): Promise<Run> {
      return (await zone.open(options, context)).drain()
    },
    /** What a checkpoint keeps of a reader, as it comes back. */
    async checkpoint({ reader }: Run): Promise<StoredState> {
      const { inline, add = [], keep = [] } = await reader.position()
      const names = add.map((bytes) => {
        objects.set(String(objects.size), bytes)
        return String(objects.size - 1)
      })
      reader.added?.(names)
      return {
        inline: JSON.parse(JSON.stringify(inline)) as Json,
        objects: [...keep, ...names].reverse(),
        read: async (name) => objects.get(name)!,
      }
    },
  }
  return zone
}

function runOf(reader: SourceReader): Run {
  const run: Run = {
    reader,
    batches: [],
    records: [],
    rejects: [],
    async step() {
      const batch = await reader.read()
      if (batch === undefined) return false
      run.batches.push(batch)
      run.records.push(...recordsOf(batch))
      for (const reject of batch.rejects ?? []) {
        run.rejects.push({ ...reject, source: batch.source })
      }
      return true
    },
    async drain() {
      while (await run.step());
      return run
    },
    texts: () => run.records.map(({ text }) => text),
    reasons: () => run.rejects.map(({ reason, source }) => `${reason} ${source}`),
  }
  return run
}

function recordsOf(batch: SourceBatch): Seen[] {
  const bounds = frame(batch)
  return Array.from({ length: bounds.length / 2 }, (_, index) => ({
    source: batch.source,
    text: Buffer.from(batch.bytes!.subarray(bounds[index * 2], bounds[index * 2 + 1])).toString(),
    offset:
      batch.offsets?.[index] ??
      batch.baseOffset + (batch.framing === 'bounds' ? index : bounds[index * 2]!),
    shape: batch.shape ?? '',
  }))
}
