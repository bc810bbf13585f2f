import { expect, test } from 'vitest'
import { tweetIdOf } from '../../../topologies/formats/tweetId.ts'

const url = 'https://twitter.com/somebody/status/922440008971292672'

test('takes id_str, else the URL, else id', () => {
  expect(tweetIdOf({ id_str: '1', url, id: 3 })).toBe('1')
  expect(tweetIdOf({ id_str: '', url, id: 3 })).toBe('922440008971292672')
  expect(tweetIdOf({ url: `${url}?s=20` })).toBe('922440008971292672')
  expect(tweetIdOf({ url: 'https://twitter.com/somebody', id: 3 })).toBe('3')
})

test('takes id only where it is exact', () => {
  expect(tweetIdOf({ id: 89497702 })).toBe('89497702')
  expect(tweetIdOf({ id: 922440008971292672n })).toBe('922440008971292672')
  expect(tweetIdOf({ id: '922440008971292672' })).toBe('922440008971292672')
  for (const id of [2 ** 60, -1, 1.5, '9.22E+17', '', null, undefined]) {
    expect(tweetIdOf({ id }), String(id)).toBeUndefined()
  }
})
