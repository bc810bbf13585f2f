/** Tells when a file has stopped changing. */
export interface Settling {
  /** Whether a file that looks like this now hasn't changed for two seconds. */
  isSettled(path: string, size: number, mtimeMs: number): boolean
}

/** How long a file must not have changed to be taken for finished, ms. */
const SETTLE_MS = 2000

interface Seen {
  readonly size: number
  readonly mtimeMs: number
  readonly sinceMs: number
}

/**
 * Goes by the file's time of change and, where that lies in the future or another machine's clock set it,
 * by how long it was seen unchanged. Remembers files that are not settled only.
 */
export function settling(now: () => number): Settling {
  const seen = new Map<string, Seen>()
  return {
    isSettled(path, size, mtimeMs) {
      const before = seen.get(path)
      const unchanged = before?.size === size && before.mtimeMs === mtimeMs
      const sinceMs = unchanged ? before.sinceMs : now()
      if (now() - mtimeMs >= SETTLE_MS) {
        seen.delete(path)
        return true
      }
      if (!unchanged) seen.set(path, { size, mtimeMs, sinceMs })
      return now() - sinceMs >= SETTLE_MS
    },
  }
}
