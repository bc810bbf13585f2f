import * as v from 'valibot'
import { sqlModels } from '../../../src/duckdb.ts'
import { decodeJson, defineTopology, landingFiles, map, validate } from '../../../src/index.ts'
import { date, int64 } from '../../../src/index.ts'
import { deltaTable, quarantineTable } from '../../../src/parquet.ts'

export interface PostsByDaySettings {
  readonly lake: string
  readonly landing: string
  /** The folder of the models. */
  readonly project: string
}

const Raw = v.object({ id: v.number(), date: date() })
const Row = v.object({ id: int64(), date: date() })

/** The smallest flow to Gold: the nth record has the id n, so what a table holds says which of them it has seen. */
export const postsByDay = ({ lake, landing, project }: PostsByDaySettings) =>
  defineTopology('posts-by-day', { rejects: quarantineTable({ lake }) }, (flow) => {
    const posts = flow
      .source('posts', landingFiles({ path: landing }))
      .via('decode', decodeJson())
      .via('validate', validate(Raw))
      .via(
        'row',
        map(({ id, date }) => ({ id: BigInt(id), date })),
      )
      .toTable(
        'silver.posts',
        deltaTable({ lake, path: 'silver/posts', schema: Row, partitionBy: ['date'] }),
      )
    return { gold: flow.models('gold', sqlModels({ lake, project, reads: { posts } })) }
  })

/** Three models of which each knows all that was built with it: one figure, every row, sums of days that are kept. */
export const MODELS: Readonly<Record<string, string>> = {
  'models/newest.sql': "select max(id) as generation from {{ source('silver', 'posts') }}",
  'models/every_post.sql': "select id, date from {{ source('silver', 'posts') }}",
  'models/daily.sql': `{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='date') }}
select date, count(*) as posts, sum(id)::bigint as ids from {{ source('silver', 'posts') }}
{% set days = var('touched_dates', none) %}
{% if days is not none %}where date in ({% for day in days %}date '{{ day }}'{% if not loop.last %}, {% endif %}{% endfor %}){% endif %}
group by date`,
  'models/schema.yml': `sources: [{ name: silver, tables: [{ name: posts }] }]
models:
  - name: every_post
    columns: [{ name: id, data_tests: [unique, not_null] }]
`,
}

/** What one look at all three tables finds. */
export interface Look {
  readonly generation: number
  readonly posts: number
  readonly ids: number
  readonly daily_posts: number
  readonly daily_ids: number
}

/** Whether all figures are those of one generation: n posts with the ids 1 to n. */
export const isWhole = (look: Look): boolean => {
  const { generation: n, posts, ids, daily_posts, daily_ids } = look
  const sum = (n * (n + 1)) / 2
  return posts === n && daily_posts === n && ids === sum && daily_ids === sum
}
