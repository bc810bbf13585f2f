import { days } from '../../src/core/durations.ts'
import { STARTS_AT_MS } from './activity.ts'
import { draws, mix, type Draws } from './draws.ts'
import { zipf } from './zipf.ts'

/** Somebody who posts. Everything but the number of followers is the same in all posts. */
export interface Author {
  readonly rank: number
  /** Unique among the authors of a seed and, as far as 24 bits go, of all seeds. */
  readonly number: number
  readonly createdAtMs: number
  readonly verified: boolean
  /** Grows, or shrinks, with event time. */
  followersAt(timeMs: number): number
}

export interface Authors<Profile> {
  /** The author of a post: some post all the time, most of them rarely. */
  pick(draw: Draws): Author & Profile
}

const OLDEST_DAYS = 5500
const A_DAY_MS = days(1)

/**
 * The authors of a platform, made as they come up.
 *
 * @param count - how many there are, at most 2^16
 * @param profile - what the platform's records say of an author, made once
 */
export function authors<Profile extends object>(
  seed: number,
  platform: string,
  count: number,
  profile: (author: Author, draw: Draws) => Profile,
): Authors<Profile> {
  const draw = draws(seed, `${platform} author`)
  const first = (mix(seed) >>> 8) * 2 ** 16
  const known = new Array<(Author & Profile) | undefined>(count)
  const rank = zipf(count)

  const make = (rank: number): Author & Profile => {
    draw.at(rank)
    const createdAtMs = STARTS_AT_MS - draw.below(OLDEST_DAYS) * A_DAY_MS - draw.below(A_DAY_MS)
    const followers = draw.heavyTail(200) + (rank < 50 ? draw.below(5_000_000) : 0)
    const gainedADay = (followers * (draw.below(40) - 10)) / 1000
    const author: Author = {
      rank,
      number: first + rank,
      createdAtMs,
      verified: rank < 50 || draw.oneIn(40),
      followersAt: (timeMs) =>
        Math.max(0, Math.floor(followers + (gainedADay * (timeMs - STARTS_AT_MS)) / A_DAY_MS)),
    }
    return { ...author, ...profile(author, draw) }
  }

  return {
    pick: (draw) => {
      const at = rank(draw)
      return (known[at] ??= make(at))
    },
  }
}
