import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileProject } from '../../src/models/project/compileProject.ts'
import { readProject } from '../../src/models/project/readProject.ts'
import { modelStatements } from '../gold/modelStatements.ts'
import { duckdbStatement } from '../rawToSilver/duckdbStatement.ts'

const MODELS = fileURLToPath(new URL('../../topologies/models', import.meta.url))
const TIMESTAMP = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z`
const LAST_SECOND = 253_402_300_799
const COUNT_TEXT = String.raw`\d{1,18}`

/**
 * The whole platform as one script of SQL: the raw files of three platforms to zstd Parquet by platform and day, the
 * first that comes of each id, and the models of Gold, as the project's own compiler makes their statements, into
 * `gold.duckdb`. No Bronze, no quarantine and no reasons, no tests and no suites, no Delta log, no epochs: nothing is
 * kept of what it refuses, and a run that is cut off begins again.
 */
export function duckdbScript(landing: string, lake: string): string[] {
  const project = compileProject(readProject(MODELS), { schema: 'main', env: {} })
  const silver = join(lake, 'silver/posts')
  const copied = (select: string): string =>
    `copy (${select}) to '${silver}' (format parquet, compression zstd, partition_by (platform, date), overwrite_or_ignore)`
  return [
    "set TimeZone = 'UTC'",
    'set preserve_insertion_order = false',
    'set parquet_metadata_cache = true',
    duckdbStatement(landing, silver),
    copied(redditPosts(landing)),
    copied(youtubePosts(landing)),
    `attach '${join(lake, 'gold.duckdb')}' as gold`,
    'create schema memory.source_silver',
    `create view memory.source_silver.posts as from read_parquet('${silver}/**/*.parquet', hive_partitioning = true, hive_types = {platform: VARCHAR, date: DATE})`,
    ...project.seeds.map(
      ({ relation, file }) => `create table ${relation} as from read_csv('${join(MODELS, file)}')`,
    ),
    ...modelStatements(project),
    'detach gold',
  ]
}

const lowered = (words: string): string =>
  `list_distinct(list_transform(${words}, lambda word: lower(word)))`
const found = (mark: string, text: string): string =>
  lowered(`regexp_extract_all(${text}, '${mark}([A-Za-z0-9_]+)', 1)`)

function redditPosts(landing: string): string {
  const text = String.raw`title || e'\n' || selftext`
  return `
    with valid as (
      select *, ${text} as text from read_ndjson('${landing}/reddit/*.ndjson', ignore_errors = true, filename = true, columns = {
        id: 'VARCHAR', author: 'STRUCT(id VARCHAR, name VARCHAR, karma BIGINT, created_utc BIGINT)',
        subreddit: 'VARCHAR', title: 'VARCHAR', selftext: 'VARCHAR', created_utc: 'BIGINT', lang: 'VARCHAR',
        ups: 'BIGINT', upvote_ratio: 'DOUBLE', num_comments: 'BIGINT', num_crossposts: 'BIGINT',
        view_count: 'BIGINT', over_18: 'BOOLEAN', flair: 'VARCHAR', permalink: 'VARCHAR'
      })
      where id <> '' and author.id <> '' and author.name is not null
        and created_utc between 1 and ${LAST_SECOND} and author.created_utc between 1 and ${LAST_SECOND}
        and author.karma >= 0 and ups >= 0 and num_comments >= 0 and num_crossposts >= 0 and view_count >= 0
        and subreddit is not null and title is not null and selftext is not null and lang is not null
        and upvote_ratio is not null and over_18 is not null and permalink is not null
    )
    select distinct on (id)
      'reddit' as platform, to_timestamp(created_utc)::date as date, id as post_id,
      to_timestamp(created_utc) as created_at, author.id as author_id, author.name as author_name,
      author.karma as author_followers, null::boolean as author_verified,
      to_timestamp(author.created_utc) as author_created_at, text, lang,
      ups as likes, num_crossposts as shares, num_comments as comments, view_count as impressions,
      ${found('#', 'text')} as hashtags, ${found('@', 'text')} as mentions,
      permalink as url, 'r/' || subreddit as source, now() as ingested_at, filename as source_position
    from valid`
}

const YOUTUBE_TEXTS = ['video_id', 'channel_id', 'channel_title', 'title', 'description', 'tags']
const YOUTUBE_COUNTS = ['subscribers', 'view_count', 'like_count', 'comment_count', 'share_count']

function youtubePosts(landing: string): string {
  const counts = [...YOUTUBE_COUNTS, 'duration_s']
  const text = String.raw`title || e'\n' || description`
  return `
    with raw as (
      select *, try_cast(published_at as timestamp) as created, try_cast(channel_created_at as timestamp) as born,
        ${text} as text
      from read_csv('${landing}/youtube/*.csv', header = true, all_varchar = true, delim = ',', quote = '"',
        escape = '"', new_line = '\\n', ignore_errors = true, filename = true)
    ), valid as (
      select * replace (${YOUTUBE_TEXTS.map((name) => `coalesce(${name}, '') as ${name}`).join(', ')}) from raw
      where video_id <> '' and channel_id <> ''
        and regexp_full_match(published_at, '${TIMESTAMP}') and created is not null
        and regexp_full_match(channel_created_at, '${TIMESTAMP}') and born is not null
        and ${counts.map((name) => `regexp_full_match(${name}, '${COUNT_TEXT}')`).join(' and ')}
    )
    select distinct on (video_id)
      'youtube' as platform, created::date as date, video_id as post_id,
      created at time zone 'UTC' as created_at, channel_id as author_id, channel_title as author_name,
      subscribers::bigint as author_followers, null::boolean as author_verified,
      born at time zone 'UTC' as author_created_at, text, language as lang,
      like_count::bigint as likes, share_count::bigint as shares, comment_count::bigint as comments,
      view_count::bigint as impressions,
      ${lowered("list_filter(string_split(tags, '|'), lambda tag: tag <> '')")} as hashtags,
      ${found('@', 'text')} as mentions,
      'https://youtu.be/' || video_id as url, 'youtube' as source, now() as ingested_at,
      filename as source_position
    from valid`
}
