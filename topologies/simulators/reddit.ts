import { authors } from './authors.ts'
import { draws } from './draws.ts'
import { badTimestamp, cutJson, missingId, negate } from './faults.ts'
import { jsonText } from './jsonText.ts'
import { planting } from './planting.ts'
import { poolsOf } from './pools.ts'
import type { Simulator } from './simulator.ts'
import { wording } from './wording.ts'
import { zipf } from './zipf.ts'

const AUTHORS = 15_000
const FLAIRS = ['null', '"Discussion"', '"News"', '"Question"', '"OC"', '"Meta"']
const NO_TIMES = ['yesterday']
const INDEX_DIGITS = 6
const PARAGRAPH = jsonText('\n\n')

/**
 * The Reddit posts of a seed, one JSON object each, as the landing zone holds them.
 *
 * @param seed - integer from 0 to 2^32 − 1
 * @returns makes record `index`, from 0 to 2^31 − 1
 */
export function reddit(seed: number): Simulator {
  const pools = poolsOf(seed)
  const plan = planting(seed, 'reddit')
  const draw = draws(seed, 'reddit')
  const words = wording(pools, jsonText)
  const anySubreddit = zipf(pools.subreddits.length)
  const prefix = `t3_${seed.toString(36)}`
  const redditors = authors(seed, 'reddit', AUTHORS, ({ rank, number, createdAtMs }) => {
    const name = `${pools.usernames[rank % pools.usernames.length]!}_${rank.toString(36)}`
    return {
      name,
      head: `"author":{"id":"t2_${number.toString(36)}","name":"${name}","karma":`,
      tail: `,"created_utc":${Math.floor(createdAtMs / 1000)}},"subreddit":"`,
    }
  })

  return (index) => {
    const { fate, post, timeMs, late, gained } = plan(index)
    draw.at(post)
    const author = redditors.pick(draw)
    const karma = author.followersAt(timeMs)
    const language = words.language(draw)
    const subreddit = pools.subreddits[anySubreddit(draw)]!
    const title = words.sentences(draw, language)
    let text = draw.oneIn(3) ? '' : words.sentences(draw, language)
    while (text !== '' && draw.oneIn(3)) text += PARAGRAPH + words.sentences(draw, language)
    for (const tag of words.hashtags(draw)) text += ` #${tag}`
    for (const name of words.mentions(draw, (draw) => redditors.pick(draw).name))
      text += ` @${name}`

    const views = draw.heavyTail(300)
    const seen = draw.oneIn(30) ? 0 : views
    const counts = [
      Math.floor((views * draw.below(60)) / 1000) + gained,
      Math.floor((views * draw.below(25)) / 1000),
      Math.floor((views * draw.below(4)) / 1000),
      seen === 0 ? 0 : seen + gained * 20,
    ]
    const ratio = (50 + draw.below(51)) / 100
    const flair = FLAIRS[draw.below(FLAIRS.length)]!
    const over18 = draw.oneIn(25)

    const postId = prefix + post.toString(36).padStart(INDEX_DIGITS, '0')
    let id = `"id":"${postId}",`
    let createdUtc = String(Math.floor(timeMs / 1000))
    if (fate === 'missing_id') id = missingId(draw, 'id')
    if (fate === 'bad_timestamp') createdUtc = `"${badTimestamp(draw, NO_TIMES)}"`
    if (fate === 'negative_count') negate(draw, counts)

    const raw =
      `{${id}${author.head}${karma}${author.tail}${subreddit}","title":"${title}","selftext":"` +
      `${text}","created_utc":${createdUtc},"lang":"${language}","ups":${counts[0]},` +
      `"upvote_ratio":${ratio},"num_comments":${counts[1]},"num_crossposts":${counts[2]},` +
      `"view_count":${counts[3]},"over_18":${over18},"flair":${flair},` +
      `"permalink":"/r/${subreddit}/comments/${postId}/"}`
    return { raw: fate === 'broken_record' ? cutJson(draw, raw) : raw, fate, late }
  }
}
