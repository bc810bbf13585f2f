import type { Json } from '../../core/json.ts'
import type { StateSnapshot, StoredState } from '../../core/unit.ts'

/** The keys that were added since the last snapshot, and the immutable objects that hold the others. */
export interface KeyLog {
  append(a: number, b: number, c: number, d: number, eventTimeMs: number): void
  /** Drops objects without a key at or after `horizon`; folds small ones together. */
  snapshot(horizon: number, read: StoredState['read'], extra: Json): Promise<StateSnapshot>
  added(names: readonly string[]): void
  /** Feeds every stored key to `onKey` and returns what was saved as `extra`. */
  restore(state: StoredState, onKey: KeyLog['append']): Promise<Json>
}

interface StoredKeys {
  readonly name: string
  readonly bytes: number
  readonly latestMs: number
}

/** Objects from this size on are left alone: folding stays in bounded memory. */
const MAX_FOLDED_BYTES = 16 * 2 ** 20
const ENTRY_BYTES = { bounded: 24, unbounded: 16 }

/**
 * Keeps a growing set of keys in objects that are written once: each epoch adds one with its new keys,
 * folded together with earlier ones while those are not larger, so that a key is rewritten a logarithmic
 * number of times and the number of objects stays small.
 *
 * An object is a run of entries, little-endian: four 32-bit words, then the event time as a 64-bit float
 * where the window is bounded.
 */
export function keyLog(timed: boolean): KeyLog {
  const entryBytes = timed ? ENTRY_BYTES.bounded : ENTRY_BYTES.unbounded
  let stored: StoredKeys[] = []
  let fresh = new DataView(new ArrayBuffer(entryBytes * 1024))
  let used = 0
  let latestMs = -Infinity
  let pending: Omit<StoredKeys, 'name'> | undefined

  const append: KeyLog['append'] = (a, b, c, d, eventTimeMs) => {
    if (used + entryBytes > fresh.byteLength) {
      const larger = new Uint8Array(fresh.byteLength * 2)
      larger.set(new Uint8Array(fresh.buffer, 0, used))
      fresh = new DataView(larger.buffer)
    }
    fresh.setUint32(used, a, true)
    fresh.setUint32(used + 4, b, true)
    fresh.setUint32(used + 8, c, true)
    fresh.setUint32(used + 12, d, true)
    if (timed) fresh.setFloat64(used + 16, eventTimeMs, true)
    used += entryBytes
    if (eventTimeMs > latestMs) latestMs = eventTimeMs
  }

  return {
    append,
    async snapshot(horizon, read, extra) {
      if (timed) stored = stored.filter((object) => object.latestMs >= horizon)
      const parts: Uint8Array[] = []
      let bytes = used
      if (used > 0) {
        parts.push(new Uint8Array(fresh.buffer.slice(0, used)))
        for (let last = stored.at(-1); last !== undefined; last = stored.at(-1)) {
          if (last.bytes > bytes || last.bytes + bytes > MAX_FOLDED_BYTES) break
          parts.unshift(await read(last.name))
          bytes += last.bytes
          latestMs = Math.max(latestMs, last.latestMs)
          stored.pop()
        }
        pending = { bytes, latestMs }
      }
      const objects = [...stored, ...(pending === undefined ? [] : [pending])]
      used = 0
      latestMs = -Infinity
      return {
        inline: {
          extra,
          objects: objects.map((object) => [
            object.bytes,
            Number.isFinite(object.latestMs) ? object.latestMs : null,
          ]),
        },
        add: parts.length === 0 ? [] : [Buffer.concat(parts)],
        keep: stored.map((object) => object.name),
      }
    },
    added([name]) {
      if (name !== undefined && pending !== undefined) stored.push({ name, ...pending })
      pending = undefined
    },
    async restore(state, onKey) {
      const { extra, objects } = state.inline as unknown as {
        extra: Json
        objects: readonly (readonly [bytes: number, latestMs: number | null])[]
      }
      stored = state.objects.map((name, index) => {
        const [bytes, latest] = objects[index]!
        return { name, bytes, latestMs: latest ?? -Infinity }
      })
      for (const { name, bytes } of stored) {
        const object = await read(state, name, bytes)
        for (let at = 0; at < bytes; at += entryBytes) {
          onKey(
            object.getUint32(at, true),
            object.getUint32(at + 4, true),
            object.getUint32(at + 8, true),
            object.getUint32(at + 12, true),
            timed ? object.getFloat64(at + 16, true) : 0,
          )
        }
      }
      return extra
    },
  }
}

async function read(state: StoredState, name: string, bytes: number): Promise<DataView> {
  const object = await state.read(name)
  if (object.byteLength !== bytes) {
    throw new RangeError(`the state object ${name} has ${object.byteLength} bytes, not ${bytes}`)
  }
  return new DataView(object.buffer, object.byteOffset, object.byteLength)
}
