import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SinkError } from '../../core/errors.ts'
import { entries, wordsOf } from './entries.ts'
import { SEGMENTS, slotOf, type Segment } from './fingerprintTable.ts'
import { keyFilter, type KeyFilter } from './keyFilter.ts'

/** Keys that were put aside to disk and never change. */
export interface KeyShelf {
  /** Whether the key at `keys[at .. at + 3]` is there with an event time within the window. */
  has(keys: Int32Array, at: number, eventTimeMs: number): boolean
  /** What it takes of memory, bytes. */
  filterBytes(): number
  /** From now on each question is answered from disk. */
  dropFilter(): void
  /** The latest event time of all its keys; −Infinity where the window is unbounded. */
  readonly latestMs: number
  readonly keys: number
  close(): void
}

export interface KeyShelfOptions {
  /** Named in errors. */
  readonly node: string
  readonly windowMs: number
  /** Where the file goes. @defaultValue the system's folder for temporary files */
  readonly folder?: string
}

interface Place {
  readonly offset: number
  readonly count: number
  filter: KeyFilter | undefined
}

/** What is read at once: a free slot is mostly not far. */
const SLOTS_READ = 64

/**
 * Writes segments of a table to a file as they lie there, so that a key is found with one read where the table
 * would have looked for it. In memory stays a filter, 1.5 bytes a key. The file has no name and is gone with
 * the process.
 *
 * @throws SinkError `SBX_SPILL`
 */
export function keyShelf(segments: readonly Segment[], options: KeyShelfOptions): KeyShelf {
  const { windowMs, node, folder = tmpdir() } = options
  const timed = Number.isFinite(windowMs)
  const width = wordsOf(timed)
  const read = entries(SLOTS_READ, timed)
  const readBytes = new Uint8Array(read.words.buffer)
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      throw spillFailed(node, folder, cause)
    }
  }
  const file = guarded(() => namelessFile(folder))
  let offset = 0
  let keys = 0
  let latestMs = -Infinity
  const places = guarded(() =>
    segments.map((segment): Place => {
      const { words, times, count } = segment.slots
      const place = { offset, count, filter: keyFilter(segment, width) }
      writeAll(file, new Uint8Array(words.buffer), offset)
      offset += words.byteLength
      keys += segment.used
      for (let slot = 0; timed && slot < count; slot++) {
        if (words[slot * width] !== 0) latestMs = Math.max(latestMs, times[slot * 3 + 2]!)
      }
      return place
    }),
  )

  return {
    has(key, at, eventTimeMs) {
      const a = key[at]!
      const { count, filter, offset } = places[key[at + 3]! & (SEGMENTS - 1)]!
      if (filter?.mayHave(key, at) === false) return false
      let slot = slotOf(a, count)
      // Somewhere is a free slot: no table is full.
      for (;;) {
        const slots = Math.min(SLOTS_READ, count - slot)
        const bytes = readBytes.subarray(0, slots * width * 4)
        guarded(() => readAll(file, bytes, offset + slot * width * 4))
        for (let there = 0; there < slots; there++) {
          const from = there * width
          const found = read.words[from]!
          if (found === 0) return false
          if (
            found === a &&
            read.words[from + 1] === key[at + 1] &&
            read.words[from + 2] === key[at + 2] &&
            read.words[from + 3] === key[at + 3] &&
            (!timed || Math.abs(read.times[there * 3 + 2]! - eventTimeMs) <= windowMs)
          ) {
            return true
          }
        }
        slot = slot + slots === count ? 0 : slot + slots
      }
    },
    filterBytes: () => places.reduce((sum, { filter }) => sum + (filter?.bytes ?? 0), 0),
    dropFilter() {
      for (const place of places) place.filter = undefined
    },
    latestMs,
    keys,
    close: () => closeSync(file),
  }
}

/** Whoever is killed leaves nothing behind. */
function namelessFile(folder: string): number {
  const made = mkdtempSync(join(folder, 'sluicebox-keys-'))
  try {
    return openSync(join(made, 'keys'), 'wx+', 0o600)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

function writeAll(file: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, bytes.length - done, offset + done)
  }
}

function readAll(file: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length;) {
    const more = readSync(file, bytes, done, bytes.length - done, offset + done)
    if (more === 0) throw new Error('the file ends too early')
    done += more
  }
}

const spillFailed = (node: string, folder: string, cause: unknown): SinkError =>
  new SinkError(
    `keys that have no room in memory can't be put aside in ${folder}: ${(cause as Error).message}; make room there, name another folder by TMPDIR, or give the run more memory`,
    { code: 'SBX_SPILL', node, cause },
  )
