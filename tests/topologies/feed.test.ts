import { expect, test } from 'vitest'
import type { Envelope } from '../../src/index.ts'
import { tweetKey, tweetMessage } from '../../topologies/feed.ts'

const line = { header: undefined } as Envelope
const row = { header: ['url', 'text', 'retweets'] as readonly string[] } as Envelope

test.each([
  ['{"id":"17","text":"a"}', '17'],
  ['{"id":"no digits"}', 'no digits'],
  ['{"id":1,"id_str":"9007199254740993"}', '9007199254740993'],
  ['{"id":""}', null],
  ['{"text":"no id"}', null],
  ['[1]', null],
  ['null', null],
  ['{"id":', null],
])('the key of %s is %s', (text, key) => {
  expect(tweetKey(Buffer.from(text), line)).toBe(key)
  expect(Buffer.from(tweetMessage(Buffer.from(text), line)).toString()).toBe(text)
})

test('a row becomes an object under its id', () => {
  const bytes = Buffer.from('https://twitter.com/x/status/99,"a, b",5')
  expect(tweetKey(bytes, row)).toBe('99')
  expect(JSON.parse(tweetMessage(bytes, row) as string)).toEqual({
    url: 'https://twitter.com/x/status/99',
    text: 'a, b',
    retweets: '5',
  })
})

test('a broken row goes as it came', () => {
  const bytes = Buffer.from('just one field')
  expect(tweetKey(bytes, row)).toBeNull()
  expect(tweetMessage(bytes, row)).toBe(bytes)
})
