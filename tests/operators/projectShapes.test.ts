import * as v from 'valibot'
import { expect, test } from 'vitest'
import { constant } from '../../src/core/projection/expression.ts'
import { projection } from '../../src/core/projection/projection.ts'
import { projectShapes } from '../../src/operators/projectShapes.ts'
import { feed } from './feed.ts'

const Tweet = v.object({ id: v.string() })
const Row = v.object({ id: v.string(), kind: v.string() })
type Shaped =
  | { readonly shape: 'tweet'; readonly data: v.InferOutput<typeof Tweet> }
  | { readonly shape: 'tweet.csv'; readonly data: readonly string[] }

const tweets = projection(Tweet, Row, ({ id }) => ({ id, kind: constant('tweet') }))
const operator = projectShapes<Shaped, v.InferOutput<typeof Row>>({
  tweet: tweets,
  'tweet.csv': ([id], { source }) => ({ id: id!, kind: source }),
})

test('makes a row of each record by its shape, with a projection or a function', () => {
  const records: Shaped[] = [
    { shape: 'tweet', data: { id: '1' } },
    { shape: 'tweet.csv', data: ['2'] },
  ]
  expect(feed(operator, records, { source: 'a.csv' }).out).toEqual([
    { id: '1', kind: 'tweet' },
    { id: '2', kind: 'a.csv' },
  ])
})

test('offers decoders the projections alone', () => {
  expect(operator.projects!('tweet')).toBe(tweets)
  expect(operator.projects!('tweet.csv')).toBeUndefined()
  expect(operator.projects!('another')).toBeUndefined()
})

test('offers nothing for records without a shape: what it projects is their data', () => {
  type Nameless = { readonly shape: ''; readonly data: v.InferOutput<typeof Tweet> }
  const nameless = projectShapes<Nameless, v.InferOutput<typeof Row>>({ '': tweets })
  expect(nameless.projects!('')).toBeUndefined()
})
