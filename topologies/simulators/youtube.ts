import { authors } from './authors.ts'
import { draws, mix } from './draws.ts'
import { badTimestamp, negate, recutRow } from './faults.ts'
import { isoTime } from './isoTime.ts'
import { planting } from './planting.ts'
import { poolsOf } from './pools.ts'
import type { Simulator } from './simulator.ts'
import { wording } from './wording.ts'

/** The first line of every file. */
export const YOUTUBE_HEADER =
  'video_id,channel_id,channel_title,subscribers,channel_created_at,title,description,tags,' +
  'published_at,language,view_count,like_count,comment_count,share_count,duration_s'

const CHANNELS = 5000
const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * The YouTube videos of a seed, one CSV row each, as the landing zone holds them below `YOUTUBE_HEADER`.
 * Descriptions have line feeds in them.
 *
 * @param seed - integer from 0 to 2^32 − 1
 * @returns makes record `index`, from 0 to 2^31 − 1
 */
export function youtube(seed: number): Simulator {
  const pools = poolsOf(seed)
  const plan = planting(seed, 'youtube')
  const draw = draws(seed, 'youtube')
  const words = wording(pools, csvText)
  const iso = isoTime()
  const channels = authors(seed, 'youtube', CHANNELS, ({ rank, number, createdAtMs }) => {
    const title = pools.channels[rank % pools.channels.length]!
    return {
      name: title.replace(/\W/g, ''),
      head: `UC${number},"${csvText(title)} ${rank}",`,
      tail: `,${new Date(createdAtMs).toISOString()},"`,
    }
  })

  return (index) => {
    const { fate, post, timeMs, late, gained } = plan(index)
    draw.at(post)
    const channel = channels.pick(draw)
    const subscribers = channel.followersAt(timeMs)
    const language = words.language(draw)
    const title = words.sentences(draw, language)
    let description = words.sentences(draw, language)
    while (draw.oneIn(3)) description += `\n${words.sentences(draw, language)}`
    for (const name of words.mentions(draw, (draw) => channels.pick(draw).name)) {
      description += ` @${name}`
    }
    if (draw.oneIn(3)) {
      description += `\n\nhttps://${pools.hosts[draw.below(pools.hosts.length)]!}/${draw.below(99_999)}`
    }
    const tags = words.hashtags(draw).join('|')

    const views = draw.heavyTail(1200)
    const shown = draw.oneIn(30) ? 0 : views
    const counts = [
      shown === 0 ? 0 : shown + gained * 20,
      Math.floor((views * draw.below(60)) / 1000) + gained,
      Math.floor((views * draw.below(8)) / 1000),
      Math.floor((views * draw.below(5)) / 1000),
    ]
    const durationS = 15 + draw.below(3000)

    const id = fate === 'missing_id' ? '' : videoId(seed, post)
    const publishedAt = fate === 'bad_timestamp' ? badTimestamp(draw) : iso(timeMs)
    if (fate === 'negative_count') negate(draw, counts)

    const raw =
      `${id},${channel.head}${subscribers}${channel.tail}${title}","${description}",${tags},` +
      `${publishedAt},${language},${counts.join(',')},${durationS}`
    return { raw: fate === 'broken_record' ? recutRow(draw, raw) : raw, fate, late }
  }
}

/** `text` as it stands between the quotes of a CSV field. */
const csvText = (text: string): string => text.replaceAll('"', '""')

/** Eleven characters that look random; no two of any seed and index are alike. */
function videoId(seed: number, index: number): string {
  let high = seed | 0
  let low = index | 0
  // Each step can be undone, so that different inputs stay different.
  high ^= mix(low)
  low ^= mix(high)
  high ^= mix(low)
  let id = ''
  for (const word of [high, low]) {
    for (let bit = 0; bit < 30; bit += 6) id += ID_ALPHABET[(word >>> bit) & 63]!
  }
  return id + ID_ALPHABET[((high >>> 30) << 2) | (low >>> 30)]!
}
