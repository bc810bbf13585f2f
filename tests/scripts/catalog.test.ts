import { describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { collectCatalog } from '../../scripts/docs/site/collectCatalog.ts'
import { dictionary } from '../../scripts/docs/site/dictionary.ts'
import { rawColumns } from '../../scripts/docs/site/rawColumns.ts'
import { renderSite } from '../../scripts/docs/site/renderSite.ts'

const catalog = await collectCatalog()
const table = (id: string) => catalog.tables.find((one) => one.id === id)!

describe('collectCatalog', () => {
  it('has every layer, each table once', () => {
    const ids = catalog.tables.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const layers = Object.groupBy(catalog.tables, ({ layer }) => layer)
    expect(
      Object.fromEntries(Object.entries(layers).map(([layer, all]) => [layer, all.length])),
    ).toEqual({
      ...{ source: 3, bronze: 3, silver: 1, quarantine: 1 },
      ...{ seed: 2, staging: 3, intermediate: 7, gold: 10 },
    })
  })

  it('has types as tables in the lake have them', () => {
    const types = (id: string) =>
      Object.fromEntries(table(id).columns.map(({ name, type }) => [name, type]))
    expect(types('silver.posts')).toMatchObject({
      created_at: 'timestamp',
      hashtags: 'list<string>',
    })
    expect(types('fact_post_metrics')).toMatchObject({ likes: 'int64', engagement_rate: 'double' })
    expect(types('bronze.twitter')).toMatchObject({ 'user.verified': 'boolean', id: 'string' })
    expect(types('quarantine')).toMatchObject({ raw: 'binary', date: 'date' })
  })

  it('describes every table and every column', () => {
    expect(
      catalog.tables.filter(({ description }) => description === '').map(({ id }) => id),
    ).toEqual([])
    const silent = catalog.tables.flatMap(({ id, columns }) =>
      columns.filter(({ description }) => description === '').map(({ name }) => `${id}.${name}`),
    )
    expect(silent).toEqual([])
  })

  it('knows what each table is made from, and what it can not know', () => {
    expect(table('silver.posts').reads).toEqual([
      'source.twitter',
      'source.reddit',
      'source.youtube',
    ])
    expect(table('mart_share_of_voice').reads.toSorted()).toEqual(['brands', 'int_post_mentions'])
    expect(table('silver.posts').unresolved.join()).toContain('TypeScript')
    expect(
      catalog.tables
        .filter(({ id }) => id !== 'silver.posts')
        .flatMap(({ unresolved }) => unresolved),
    ).toEqual([])
  })

  it('has the tests of a column with it', () => {
    const key = table('dim_users').columns.find(({ name }) => name === 'user_key')!
    expect(key.tests.toSorted()).toEqual([
      'not_null_dim_users_user_key',
      'unique_dim_users_user_key',
    ])
  })
})

describe('dictionary', () => {
  it('is Markdown whose cells hold', () => {
    const text = dictionary(catalog)
    expect(text).toContain('### dim_users\n')
    const rows = text.split('\n').filter((line) => line.startsWith('| '))
    expect(rows.length).toBeGreaterThan(200)
    expect(rows.filter((row) => row.match(/(?<!\\)\|/g)?.length !== 5)).toEqual([])
  })
})

describe('renderSite', () => {
  it('loads nothing, and data can not end its script', () => {
    const description = '</script><script>alert(1)</script><!--'
    const html = renderSite({ ...catalog, tables: [{ ...table('dim_users'), description }] })
    expect(html).not.toContain('</script><script>alert')
    expect(html.match(/\b(?:src|href)="(?!#|data:)/g)).toBe(null)
    const [, data = ''] = /id="catalog">(.*?)<\/script>/s.exec(html) ?? []
    expect(JSON.parse(data)).toMatchObject({ tables: [{ description }] })
  })

  it('shows the name of a lake as text', () => {
    const lake = { url: '<b>"lake"</b>', gold: null, facts: {}, tests: {}, failing: {} }
    expect(renderSite({ ...catalog, lake })).toContain('&#60;b&#62;&#34;lake&#34;&#60;/b&#62;')
  })
})

describe('rawColumns', () => {
  it('names inner fields by their path', () => {
    const schema = v.object({
      id: v.pipe(v.string(), v.nonEmpty()),
      who: v.nullish(v.object({ age: v.optional(v.number()) })),
      tags: v.array(v.string()),
      likes: v.custom<number>(Number.isInteger),
      ratio: v.custom<number>((value) => typeof value === 'number'),
      when: v.custom<string>((value) => typeof value === 'string' && value.endsWith('Z')),
    })
    expect(rawColumns(schema, (path) => `the ${path}`)).toEqual([
      expect.objectContaining({
        name: 'id',
        type: 'string',
        nullable: false,
        description: 'the id',
      }),
      expect.objectContaining({ name: 'who.age', type: 'number', nullable: true }),
      expect.objectContaining({ name: 'tags', type: 'list<string>', nullable: false }),
      expect.objectContaining({ name: 'likes', type: 'integer' }),
      expect.objectContaining({ name: 'ratio', type: 'number' }),
      expect.objectContaining({ name: 'when', type: 'string' }),
    ])
  })
})
