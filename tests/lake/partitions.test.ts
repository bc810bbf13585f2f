import { describe, expect, test } from 'vitest'
import type { Column, ColumnType } from '../../src/core/columns.ts'
import { ConfigError, SinkError } from '../../src/core/errors.ts'
import { dataFileName, parseDataFileName } from '../../src/lake/dataFileName.ts'
import { partitionColumns, partitionFolder, partitionText } from '../../src/lake/partitions.ts'

const column = (name: string, type: ColumnType, nullable = false): Column => ({
  name,
  type,
  nullable,
})
const columns = [column('platform', 'string'), column('date', 'date'), column('id', 'int64')]

describe('partition columns', () => {
  test('are found in the order of the folders', () => {
    const found = partitionColumns(columns, ['date', 'platform'])
    expect(found.map(({ name }) => name)).toEqual(['date', 'platform'])
    expect(partitionColumns(columns, [])).toEqual([])
  })

  test.each([
    [['nope'], /nope is not in the schema, which has platform, date, id/],
    [['date', 'date'], /date stands twice/],
    [['platform', 'date', 'id'], /the files would hold nothing/],
  ])('are refused where they make no sense (%j)', (partitionBy, message) => {
    expect(() => partitionColumns(columns, partitionBy)).toThrow(message)
    expect(() => partitionColumns(columns, partitionBy)).toThrow(ConfigError)
  })

  test('of a type that is no folder name are refused', () => {
    const tags = [column('tags', 'list<string>'), column('id', 'int64')]
    expect(() => partitionColumns(tags, ['tags'])).toThrow(/tags is list<string>/)
  })
})

describe('a partition value', () => {
  test('is kept as text', () => {
    expect(partitionText(column('c', 'string'), 'a/b')).toBe('a/b')
    expect(partitionText(column('c', 'int64'), 2n ** 62n)).toBe('4611686018427387904')
    expect(partitionText(column('c', 'boolean'), false)).toBe('false')
    expect(partitionText(column('c', 'string', true), undefined)).toBeNull()
    expect(partitionText(column('c', 'string', true), '')).toBeNull()
  })

  test.each<[ColumnType, unknown]>([
    ['string', ''],
    ['string', null],
    ['string', '\ud800'],
    ['date', '10.6.2024'],
    ['int32', 0.5],
    ['boolean', 'true'],
  ])('that can not be kept is refused (%s %j)', (type, value) => {
    expect(() => partitionText(column('c', type), value)).toThrow(SinkError)
    expect(() => partitionText(column('c', type), value)).toThrow(/partition column c is/)
  })

  test('is escaped in folder names as Hive does', () => {
    expect(partitionFolder({ platform: 'a/b=c%', date: null })).toBe(
      'platform=a%2Fb%3Dc%25/date=__HIVE_DEFAULT_PARTITION__',
    )
    expect(partitionFolder({ p: 'é \n:' })).toBe('p=é %0A%3A')
    expect(partitionFolder({})).toBe('')
  })
})

describe('the name of a data file', () => {
  test('says whose it is, even with dashes and slashes in the task', () => {
    const name = { task: 'feed-tweets-1/0', epoch: 12, attempt: '11-3fa9' }
    const file = dataFileName(name, 3, 4)
    expect(file).toBe('part-feed-tweets-1%2F0-12-11-3fa9-3-4.parquet')
    expect(parseDataFileName(`silver/posts/date=2024-06-10/${file}`)).toEqual(name)
  })

  test('of others says nothing', () => {
    expect(parseDataFileName('part-00000-5a7c1c9d-c000.snappy.parquet')).toBeUndefined()
    expect(parseDataFileName('_delta_log/00000000000000000001.json')).toBeUndefined()
    expect(parseDataFileName('part-%E0%A4%A-1-1-a-0-0.parquet')).toBeUndefined()
  })
})
