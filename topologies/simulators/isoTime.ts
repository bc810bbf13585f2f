const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const TWO = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))
const MINUTES = Array.from(
  { length: 24 * 60 },
  (_, n) => `${TWO[Math.floor(n / 60)]}:${TWO[n % 60]}:`,
)
const MILLIS = Array.from({ length: 1000 }, (_, milli) => `.${String(milli).padStart(3, '0')}Z`)

/** Writes times as `Date.toISOString` does, several times as fast where days come roughly in order. */
export function isoTime(): (timeMs: number) => string {
  let day = NaN
  let prefix = ''
  return (timeMs) => {
    const now = Math.floor(timeMs / DAY_MS)
    if (now !== day) {
      day = now
      prefix = new Date(now * DAY_MS).toISOString().slice(0, 11)
    }
    const rest = timeMs - now * DAY_MS
    const inMinute = rest % MINUTE_MS
    const second = TWO[Math.floor(inMinute / 1000)]!
    return prefix + MINUTES[Math.floor(rest / MINUTE_MS)]! + second + MILLIS[inMinute % 1000]!
  }
}
