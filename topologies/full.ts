import type { Shape } from '../src/index.ts'
import { command } from './platform/start.ts'
import type { PostFormat } from './postFormats.ts'

// Answers --help before the rest is loaded, which Node then takes from its compile cache.
const start = await command(import.meta.url)
const { decodeShapes, defineTopology, hours, landingFiles } = await import('../src/index.ts')
const { rawFiles, validate } = await import('../src/index.ts')
const { sqlModels } = await import('../src/duckdb.ts')
const { deltaTable, quarantineTable } = await import('../src/parquet.ts')
const { fromTopic, toTopic } = await import('./feed.ts')
const { firstOfEachId, Post } = await import('./post.ts')
const { postFormats } = await import('./postFormats.ts')
const { gates } = await import('./quality/gates.ts')

export interface FullSettings {
  /** The lake: a folder or `s3://bucket/prefix`. */
  readonly lake: string
  /** The landing zone: `<landing>/twitter`, `/reddit` and `/youtube`. */
  readonly landing: string
  /** Brokers: tweets go from the landing zone through the topic `tweets`. */
  readonly kafka?: string | undefined
}

/** Posts from three platforms: raw bytes to Bronze, one clean table in Silver, a star schema in Gold. */
export const full = ({ lake, landing, kafka }: FullSettings) =>
  defineTopology('full', { rejects: quarantineTable({ lake, platforms }) }, (flow) => {
    const landed = (platform: string, { shapes }: { shapes: readonly Shape[] }) =>
      landingFiles({ path: `${landing}/${platform}`, shapes })
    const source = <Raw>(platform: string, format: PostFormat<Raw>, brokers?: string) => {
      const unit = brokers ? fromTopic(brokers) : landed(platform, format)
      const raw = flow.source(platform, unit)
      raw.to(`bronze.${platform}`, rawFiles({ lake, path: `bronze/${platform}` }))
      return raw
        .via(`${platform}.decode`, decodeShapes(format))
        .via(`${platform}.validate`, validate(format.schema, format))
        .via(`${platform}.post`, format.toPost)
        .via(`${platform}.dedup`, firstOfEachId(brokers ? hours(24) : Infinity))
    }
    const { twitter, reddit, youtube } = postFormats
    if (kafka) flow.source('feed-tweets', landed('twitter', twitter)).to('topic', toTopic(kafka))
    const posts = flow
      .merge(
        'posts',
        source('twitter', twitter, kafka),
        source('reddit', reddit),
        source('youtube', youtube),
      )
      .toTable(
        'silver.posts',
        deltaTable({ lake, path: 'silver/posts', schema: Post, partitionBy: ['platform', 'date'] }),
      )
    const project = new URL('./models', import.meta.url)
    const gold = sqlModels({ lake, project, reads: { posts }, gates: gates(lake) })
    return { posts, gold: flow.models('gold', gold) }
  })

const platforms = { 'feed-tweets': 'twitter' }

await start(full)
