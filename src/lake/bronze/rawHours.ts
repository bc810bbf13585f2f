import type { ObjectInfo, ObjectStore } from '../objectStore.ts'

const HOUR_MS = 3_600_000
/** Files come late into a closed hour where an epoch took long: a day later it is looked at once more. */
const LOOK_BACK_MS = 24 * HOUR_MS
const KEY = /^(.*\/ingest_date=(\d{4}-\d\d-\d\d)\/hour=(\d\d)\/)[^/]+$/

/** The hours of a Bronze folder that are over and worth looking at. */
export interface RawHours {
  /** The next one's folder, ending in `/`; undefined where there is none now. */
  next(): Promise<string | undefined>
  /** Look at it again. */
  putBack(folder: string): void
}

/**
 * Lists the whole folder once, and then goes by the clock: each hour as it closes, and a day later.
 *
 * @param isSmall whether a file may be folded
 * @param closedMs an hour counts as closed so long after its end, ms
 */
export function rawHours(
  store: ObjectStore,
  path: string,
  clock: { now(): number },
  isSmall: (file: ObjectInfo) => boolean,
  closedMs: number,
): RawHours {
  const waiting = new Set<string>()
  let seenUntil: number | undefined

  const lastClosed = (): number => Math.floor((clock.now() - closedMs) / HOUR_MS) - 1
  const folderOf = (hour: number): string => {
    const began = new Date(hour * HOUR_MS).toISOString()
    return `${path}/ingest_date=${began.slice(0, 10)}/hour=${began.slice(11, 13)}/`
  }

  const scan = async (until: number): Promise<void> => {
    const small = new Map<string, number>()
    for await (const file of store.list(`${path}/`)) {
      const [, folder, date, hour] = KEY.exec(file.key) ?? []
      if (folder === undefined || !isSmall(file)) continue
      if (Date.parse(`${date}T${hour}:00:00Z`) / HOUR_MS > until) continue
      small.set(folder, (small.get(folder) ?? 0) + 1)
    }
    for (const [folder, count] of small) if (count > 1) waiting.add(folder)
  }

  return {
    async next() {
      const until = lastClosed()
      if (seenUntil === undefined) await scan(until)
      for (let hour = (seenUntil ?? until) + 1; hour <= until; hour++) {
        waiting.add(folderOf(hour))
        waiting.add(folderOf(hour - LOOK_BACK_MS / HOUR_MS))
      }
      seenUntil = until
      const [folder] = waiting
      if (folder !== undefined) waiting.delete(folder)
      return folder
    },
    putBack: (folder) => void waiting.add(folder),
  }
}
