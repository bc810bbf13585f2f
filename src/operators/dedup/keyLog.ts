import { crc32 } from 'node:zlib'
import { CheckpointError } from '../../core/errors.ts'
import type { StateSnapshot, StoredState } from '../../core/unit.ts'
import { entries, wordsOf, type Entries } from './entries.ts'

/** Keys in order of arrival, and the immutable objects that they are stored in. */
export interface KeyLog {
  /** Takes the key at `keys[at .. at + 3]`. */
  append(keys: Int32Array, at: number, eventTimeMs: number): void
  /** Puts the keys since the last snapshot into objects; drops those whose keys all lie before `horizon`. */
  snapshot(horizon: number): StateSnapshot
  added(names: readonly string[]): void
  /** Hands over every stored key, one object after the other. */
  restore(state: StoredState, onKeys: (keys: Entries) => void): Promise<void>
  bytes(): number
}

interface KeyObject {
  /** First entry in the page. */
  readonly start: number
  readonly bytes: number
  readonly checksum: number
  readonly latestMs: number
}
interface NamedObject extends KeyObject {
  readonly name: string
}
interface FreshObject extends KeyObject {
  readonly content: Uint8Array
  readonly page: Page
}

/** Consecutive keys that are held in memory until they fill an object. */
interface Page {
  room: Entries
  used: number
  /** Up to here the keys are in `objects`. */
  written: number
  /** Of the keys behind `written`. */
  latestMs: number
  objects: NamedObject[]
}

const PAGE_ENTRIES = 2 ** 18
const FIRST_ENTRIES = 1024

/**
 * Keeps a growing set of keys in objects that are written once. Each snapshot adds one with the new keys,
 * together with those of the objects before it as long as these are not larger: a key is rewritten a
 * logarithmic number of times, and there are few objects. An object of 262,144 keys is full and never
 * written again; the keys of the others are held in memory, so that nothing has to be read back.
 *
 * @param node - Named in errors.
 * @param timed - Whether keys have event times.
 */
export function keyLog(node: string, timed: boolean): KeyLog {
  const width = wordsOf(timed)
  const entryBytes = width * 4
  /** Objects whose keys are no longer held. */
  let settled: NamedObject[] = []
  let fresh: FreshObject[] = []
  let open = page(timed)

  /** Puts the keys behind `written` into an object, and those of the last objects as far as `folds`. */
  const write = (folds: (last: NamedObject, bytes: number) => boolean): void => {
    let start = open.written
    let { latestMs } = open
    for (let last = open.objects.at(-1); last !== undefined; last = open.objects.at(-1)) {
      if (!folds(last, (open.used - start) * entryBytes)) break
      start = last.start
      latestMs = Math.max(latestMs, last.latestMs)
      open.objects.pop()
    }
    const bytes = (open.used - start) * entryBytes
    const content = new Uint8Array(open.room.words.buffer, start * entryBytes, bytes)
    fresh.push({ start, bytes, checksum: crc32(content), latestMs, content, page: open })
    open.written = open.used
    open.latestMs = -Infinity
  }

  return {
    append(keys, at, eventTimeMs) {
      if (open.used === PAGE_ENTRIES) {
        if (open.used > open.written) write(() => true)
        settled.push(...open.objects)
        open = page(timed)
      } else if (open.used === open.room.count) reserve(open, open.used + 1, timed)
      const { words, times } = open.room
      const to = open.used++ * width
      words[to] = keys[at]!
      words[to + 1] = keys[at + 1]!
      words[to + 2] = keys[at + 2]!
      words[to + 3] = keys[at + 3]!
      if (!timed) return
      times[to / 2 + 2] = eventTimeMs
      if (eventTimeMs > open.latestMs) open.latestMs = eventTimeMs
    },
    snapshot(horizon) {
      if (timed) {
        settled = settled.filter(({ latestMs }) => latestMs >= horizon)
        open.objects = open.objects.filter(({ latestMs }) => latestMs >= horizon)
      }
      if (open.used > open.written) write((last, bytes) => last.bytes <= bytes)
      const kept = [...settled, ...open.objects]
      return {
        inline: [...kept, ...fresh].map(describeObject),
        add: fresh.map(({ content }) => content),
        keep: kept.map(({ name }) => name),
      }
    },
    added(names) {
      for (const [index, { start, bytes, checksum, latestMs, page }] of fresh.entries()) {
        const objects = page === open ? open.objects : settled
        objects.push({ name: names[index]!, start, bytes, checksum, latestMs })
      }
      fresh = []
    },
    async restore(state, onKeys) {
      const described = state.inline as unknown as readonly Description[]
      if (described.length !== state.objects.length) {
        const counts = `the checkpoint describes ${described.length} state objects and names ${state.objects.length}`
        throw damaged(node, counts)
      }
      let ahead = described.reduce((sum, [bytes]) => sum + bytes / entryBytes, 0)
      for (const [index, [bytes, checksum, latestMs]] of described.entries()) {
        const name = state.objects[index]!
        const content = await state.read(name)
        if (content.byteLength !== bytes || crc32(content) !== checksum) {
          const numbers = `${content.byteLength} bytes, ${bytes} were written, and checksum ${crc32(content)}, not ${checksum}`
          throw damaged(node, `the state object ${name} has ${numbers}`)
        }
        const keys = entries(bytes / entryBytes, timed)
        new Uint8Array(keys.words.buffer).set(content)
        onKeys(keys)
        const object = { name, start: open.used, bytes, checksum, latestMs: latestMs ?? -Infinity }
        // The last objects, as many as a page has room for, can still be written with new keys.
        if (ahead >= PAGE_ENTRIES) settled.push(object)
        else {
          reserve(open, open.used + keys.count, timed)
          open.room.words.set(keys.words, open.used * width)
          open.written = open.used += keys.count
          open.objects.push(object)
        }
        ahead -= keys.count
      }
    },
    bytes: () => {
      const pages = new Set([open, ...fresh.map((object) => object.page)])
      return [...pages].reduce((sum, { room }) => sum + room.words.byteLength, 0)
    },
  }
}

/** How an object is described in the checkpoint: JSON has no −Infinity. */
type Description = readonly [bytes: number, checksum: number, latestMs: number | null]

const describeObject = ({ bytes, checksum, latestMs }: KeyObject): Description => [
  bytes,
  checksum,
  Number.isFinite(latestMs) ? latestMs : null,
]

const page = (timed: boolean): Page => ({
  room: entries(FIRST_ENTRIES, timed),
  used: 0,
  written: 0,
  latestMs: -Infinity,
  objects: [],
})

/** Objects that are being stored go on showing the memory that is left behind here. */
function reserve(page: Page, count: number, timed: boolean): void {
  if (count <= page.room.count) return
  const room = entries(Math.min(Math.max(count, page.room.count * 2), PAGE_ENTRIES), timed)
  room.words.set(page.room.words)
  page.room = room
}

const damaged = (node: string, what: string): CheckpointError =>
  new CheckpointError(
    `${what}; put what is damaged back from a copy of the lake, or start this node anew with --drop-state ${node}`,
    { code: 'SBX_STATE_DAMAGED', node },
  )
