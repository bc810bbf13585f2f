import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { columnLineage } from '../../src/lineage/columnLineage.ts'
import { compileProject } from '../../src/models/project/compileProject.ts'
import { readProject } from '../../src/models/project/readProject.ts'
import { database } from '../quality/database.ts'

const tables = [
  { name: 'orders', relation: '"memory"."src"."orders"', columns: ['id', 'customer', 'amount'] },
  { name: 'people', relation: '"memory"."src"."people"', columns: ['id', 'name', 'tags'] },
]

/** Each column as `table.column`, with `~` where it is transformed and `+` where it is aggregated. */
async function lineageOf(sql: string, before: readonly string[] = []) {
  const { query } = await database()
  const models = [...before, sql].map((text, index) => ({
    name: `m${index}`,
    relation: `"gold"."main"."m${index}"`,
    sql: text,
  }))
  const lineage = (await columnLineage(models, tables, query)).at(-1)!
  const mark = { identity: '', transformation: '~', aggregation: '+' }
  const columns = lineage.columns.map(({ name, from }) => {
    const origins = from.map(({ table, column, kind }) => `${mark[kind]}${table}.${column}`)
    return [name, origins.sort().join(' ')] as const
  })
  return { ...lineage, columns: Object.fromEntries(columns), order: columns.map(([name]) => name) }
}

describe('columnLineage', () => {
  it.each<[title: string, sql: string, columns: Record<string, string>]>([
    [
      'a name',
      'select id, amount as sum from src.orders',
      { id: 'orders.id', sum: 'orders.amount' },
    ],
    [
      'an expression',
      'select amount * 2 + id as x, 1 as one, cast(id as text) as t from orders',
      { x: '~orders.amount ~orders.id', one: '', t: '~orders.id' },
    ],
    [
      'an aggregate',
      'select customer, sum(amount) as total, count(*) as n from orders group by customer',
      { customer: 'orders.customer', total: '+orders.amount', n: '' },
    ],
    [
      'a star, with exclude and replace',
      'select * exclude (id) replace (upper(customer) as customer) from orders',
      { customer: '~orders.customer', amount: 'orders.amount' },
    ],
    [
      'a join by using: the column once',
      'select * from orders join people using (id)',
      {
        id: 'orders.id',
        customer: 'orders.customer',
        amount: 'orders.amount',
        name: 'people.name',
        tags: 'people.tags',
      },
    ],
    [
      'a semi join: the right side is no output',
      'select * from people semi join orders on people.id = orders.id',
      { id: 'people.id', name: 'people.name', tags: 'people.tags' },
    ],
    [
      'common table expressions, renamed columns, subqueries',
      'with a(x, y) as (select id, amount from orders), b as (select x, y as z from a) select b.x, s.z from b join (select z from b) as s on true',
      { x: 'orders.id', z: 'orders.amount' },
    ],
    [
      'a union, by place',
      'select id, name from people union all select id, customer from orders',
      { id: 'orders.id people.id', name: 'orders.customer people.name' },
    ],
    [
      'a union by name',
      'select id, name from people union all by name select amount, id from orders',
      { id: 'orders.id people.id', name: 'people.name', amount: 'orders.amount' },
    ],
    [
      'a window: what it ranks by only steers',
      'select id, row_number() over (partition by customer order by amount) as rank, sum(amount) over () as all_of_it from orders',
      { id: 'orders.id', rank: '', all_of_it: '+orders.amount' },
    ],
    [
      "a struct's fields by name",
      'with l as (select customer, arg_max(struct_pack(a := amount, i := id), id) as latest from orders group by all) select latest.a, latest.i as last_id from l',
      { a: '+orders.amount', last_id: '+orders.id' },
    ],
    [
      'unnest, lambdas, lateral aliases',
      'select unnest(tags) as tag, list_transform(tags, lambda t: t || name) as named, id as x, x + 1 as next from people',
      {
        tag: '~people.tags',
        named: '~people.name ~people.tags',
        x: 'people.id',
        next: '~people.id',
      },
    ],
    [
      'a correlated subquery',
      'select id, (select max(amount) from orders where orders.customer = people.name) as most from people',
      { id: 'people.id', most: '+orders.amount' },
    ],
    [
      'a case',
      "select case when amount > 5 then customer else 'small' end as label from orders",
      { label: '~orders.amount ~orders.customer' },
    ],
    [
      'values and functions that make rows',
      'select v.a, r.n from (values (1)) as v(a), range(3) as r(n)',
      { a: '', n: '' },
    ],
  ])('follows %s', async (_title, sql, columns) => {
    const found = await lineageOf(sql)
    expect(found.columns).toEqual(columns)
    expect(found.unresolved).toEqual([])
  })

  it('goes one step back: a model reads a model', async () => {
    const found = await lineageOf('select total from "gold"."main"."m0"', [
      'select sum(amount) as total from orders',
    ])
    expect(found).toMatchObject({ reads: ['m0'], columns: { total: 'm0.total' } })
  })

  it('knows which columns decide about rows', async () => {
    const found = await lineageOf(
      'select o.amount from orders as o join people as p on p.id = o.id where p.name is not null',
    )
    expect(found.steering).toEqual([
      { table: 'people', column: 'name' },
      { table: 'people', column: 'id' },
      { table: 'orders', column: 'id' },
    ])
  })

  it.each([
    ['select * from elsewhere', /the table elsewhere/],
    ["select * from read_csv('x.csv')", /the columns of read_csv/],
    ['select nothing from orders', /the column nothing/],
    ["select columns('a.*') from orders", /columns\(/],
    ['with recursive r as (select 1 as n union all select n + 1 from r) select n from r', /./],
    ['this is no query', /the query: syntax error/],
  ])('says what it can not resolve: %s', async (sql, text) => {
    expect((await lineageOf(sql)).unresolved.join('; ')).toMatch(text)
  })

  it("resolves every column of the platform's models", async () => {
    const root = join(import.meta.dirname, '../../topologies/models')
    const project = compileProject(readProject(root), { schema: 'main', env: {} })
    const { query } = await database()
    const seeds = project.seeds.map(({ name, relation, content }) => ({
      name,
      relation,
      columns: content.split('\n', 1)[0]!.split(','),
    }))
    const sources = project.sources.map(({ table, relation, columns }) => ({
      name: table,
      relation,
      columns: columns.map((column) => column.name),
    }))
    const lineage = await columnLineage(project.models, [...seeds, ...sources], query)
    expect(
      lineage.flatMap(({ model, unresolved }) => unresolved.map((what) => `${model}: ${what}`)),
    ).toEqual([])
    const of = (model: string, column: string) =>
      lineage
        .find((one) => one.model === model)
        ?.columns.find(({ name }) => name === column)
        ?.from.map((origin) => `${origin.table}.${origin.column}`)
    expect(of('stg_twitter__tweets', 'post_date')).toEqual(['posts.date'])
    expect(of('dim_users', 'username')).toEqual(['int_posts_enriched.author_name'])
    expect(of('dim_posts', 'hashtag_count')).toEqual(['int_posts_enriched.hashtags'])
    expect(of('mart_share_of_voice', 'brand')).toEqual(['brands.brand'])
    expect(of('mart_trending_hashtags', 'posts_7d')).toEqual(['int_hashtag_days.posts'])
    expect(of('int_hashtag_days', 'posts')).toEqual([])
  })
})
