import { authors } from './authors.ts'
import { draws } from './draws.ts'
import { isoTime } from './isoTime.ts'
import { planting } from './planting.ts'
import { badTimestamp, cutJson, missingId, negate } from './faults.ts'
import { poolsOf } from './pools.ts'
import type { Simulator } from './simulator.ts'
import { jsonText } from './jsonText.ts'
import { wording } from './wording.ts'

const AUTHORS = 40_000
const SOURCES = ['Twitter for iPhone', 'Twitter for Android', 'Twitter Web App', 'TweetDeck']
const LINK_SPACE = 2 ** 31

/**
 * The tweets of a seed, one JSON object each, as the landing zone and the topic `tweets` hold them.
 *
 * @param seed - integer from 0 to 2^32 − 1
 * @returns makes record `index`, from 0 to 2^31 − 1
 */
export function twitter(seed: number): Simulator {
  const pools = poolsOf(seed)
  const plan = planting(seed, 'twitter')
  const draw = draws(seed, 'twitter')
  const words = wording(pools, jsonText)
  const iso = isoTime()
  const idOf = tweetIds(seed)
  const users = authors(seed, 'twitter', AUTHORS, ({ rank, number, verified, createdAtMs }) => {
    const username = `${pools.usernames[rank % pools.usernames.length]!}_${rank.toString(36)}`
    return {
      username,
      head: `"user":{"id":"${number}","username":"${username}","followers":`,
      tail: `,"verified":${verified},"created_at":"${new Date(createdAtMs).toISOString()}"},"text":"`,
    }
  })

  return (index) => {
    const { fate, post, timeMs, late, gained } = plan(index)
    draw.at(post)
    const user = users.pick(draw)
    const followers = user.followersAt(timeMs)
    const language = words.language(draw)
    let text = words.sentences(draw, language)
    const hashtags = words.hashtags(draw)
    for (const tag of hashtags) text += ` #${tag}`
    const mentions = words.mentions(draw, (draw) => users.pick(draw).username)
    for (const name of mentions) text += ` @${name}`
    const link = draw.oneIn(4) ? `"https://t.co/${draw.below(LINK_SPACE).toString(36)}"` : ''

    const views = draw.heavyTail(40 + followers / 16)
    const impressions = draw.oneIn(30) ? 0 : views
    const counts = [
      Math.floor((views * draw.below(80)) / 1000) + gained,
      Math.floor((views * draw.below(20)) / 1000),
      Math.floor((views * draw.below(15)) / 1000),
      Math.floor((views * draw.below(6)) / 1000),
      impressions === 0 ? 0 : impressions + gained * 20,
    ]
    const source = SOURCES[draw.below(SOURCES.length)]!

    let id = `"id":"${idOf(post)}",`
    let createdAt = iso(timeMs)
    if (fate === 'missing_id') id = missingId(draw, 'id')
    if (fate === 'bad_timestamp') createdAt = badTimestamp(draw)
    if (fate === 'negative_count') negate(draw, counts)

    const raw =
      `{${id}${user.head}${followers}${user.tail}${text}","created_at":"${createdAt}","lang":"` +
      `${language}","public_metrics":{"likes":${counts[0]},"retweets":${counts[1]},"replies":` +
      `${counts[2]},"quotes":${counts[3]},"impressions":${counts[4]}},"entities":{"hashtags":` +
      `${strings(hashtags)},"mentions":${strings(mentions)},"urls":[${link}]},"source":"${source}"}`
    return { raw: fate === 'broken_record' ? cutJson(draw, raw) : raw, fate, late }
  }
}

const strings = (list: readonly string[]): string =>
  list.length === 0 ? '[]' : `["${list.join('","')}"]`

const LOW_DIGITS = 10
const LOW = 10 ** LOW_DIGITS

/**
 * Ids of 19 digits like Twitter's own, beyond what a double holds: no two of any seed and index are alike.
 */
function tweetIds(seed: number): (index: number) => string {
  const first = 10n ** 18n + BigInt(seed) * 2n ** 31n
  const high = first / BigInt(LOW)
  const low = Number(first % BigInt(LOW))
  const highs = [String(high), String(high + 1n)]
  return (index) => {
    const sum = low + index
    const carry = sum >= LOW ? 1 : 0
    return highs[carry]! + String(sum - carry * LOW).padStart(LOW_DIGITS, '0')
  }
}
