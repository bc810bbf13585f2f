import {
  decodeShapes,
  defineTopology,
  landingFiles,
  map,
  rawFiles,
  validate,
  windowDedup,
} from '../src/index.ts'
import { sqlModels } from '../src/duckdb.ts'
import { deltaTable, quarantineTable } from '../src/parquet.ts'
import { start } from './platform/start.ts'
import { Post } from './post.ts'
import { postFormats, type PostFormat } from './postFormats.ts'

export interface FullSettings {
  /** The lake: a folder or `s3://bucket/prefix`. */
  readonly lake: string
  /** The landing zone: `<landing>/twitter`, `/reddit` and `/youtube`. */
  readonly landing: string
}

/** Posts from three platforms: raw bytes to Bronze, one clean table in Silver, a star schema in Gold. */
export const full = ({ lake, landing }: FullSettings) =>
  defineTopology('full', { rejects: quarantineTable({ lake }) }, (flow) => {
    const source = <Raw>(platform: string, format: PostFormat<Raw>) => {
      const path = `${landing}/${platform}`
      const raw = flow.source(platform, landingFiles({ path, shapes: format.shapes }))
      raw.to(`bronze.${platform}`, rawFiles({ lake, path: `bronze/${platform}` }))
      return raw
        .via(`${platform}.decode`, decodeShapes(format))
        .via(`${platform}.validate`, validate(format.schema, format))
        .via(`${platform}.post`, map(format.toPost))
        .via(`${platform}.dedup`, firstOfEachId())
    }
    const posts = flow
      .merge(
        'posts',
        source('twitter', postFormats.twitter),
        source('reddit', postFormats.reddit),
        source('youtube', postFormats.youtube),
      )
      .toTable(
        'silver.posts',
        deltaTable({ lake, path: 'silver/posts', schema: Post, partitionBy: ['platform', 'date'] }),
      )
    const project = new URL('./models', import.meta.url)
    const gold = flow.models('gold', sqlModels({ lake, project, reads: { posts } }))
    return { posts, gold }
  })

/** Landed files come in any order of event time: every id is remembered, and nothing is late. */
const firstOfEachId = () =>
  windowDedup<Post>({
    key: (post) => post.post_id,
    eventTime: (post) => Number(post.created_at) / 1000,
    windowMs: Infinity,
  })

await start(full, import.meta.url)
