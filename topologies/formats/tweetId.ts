/** What may identify a tweet in an export. */
interface TweetKeys {
  readonly id_str?: unknown
  readonly url?: unknown
  readonly id?: unknown
}

const STATUS_URL = /\/status(?:es)?\/(\d+)/
const DIGITS = /^\d+$/

/**
 * A tweet's id: `id_str`, else the last part of its URL, else `id` where that is exact. Undefined where
 * there is none: a number beyond 2^53 that isn't a bigint, or `9.22E+17`, is not the id any more.
 */
export function tweetIdOf({ id_str, url, id }: TweetKeys): string | undefined {
  if (typeof id_str === 'string' && id_str !== '') return id_str
  const inUrl = typeof url === 'string' ? STATUS_URL.exec(url)?.[1] : undefined
  if (inUrl !== undefined) return inUrl
  if (typeof id === 'bigint' || (Number.isSafeInteger(id) && (id as number) >= 0)) return String(id)
  return typeof id === 'string' && DIGITS.test(id) ? id : undefined
}
