import { expect, test } from 'vitest'

import { landingName, parseLandingName } from '../../../topologies/simulators/landingName.ts'

const range = { platform: 'youtube', seed: 12, from: 50_000, to: 2 ** 31 } as const

test('names a file by platform, seed and range', () => {
  expect(landingName(range)).toBe('youtube-seed12-0000050000-2147483648.csv')
  expect(parseLandingName(landingName(range))).toEqual(range)
})

test('names sort as ranges do', () => {
  const names = [0, 50_000, 1_000_000].map((from) => landingName({ ...range, from }))
  expect(names.toSorted()).toEqual(names)
})

test.each([
  'tweets.ndjson',
  'twitter-seed1-0-5.ndjson',
  'twitter-seed01-0000000000-0000000005.ndjson',
  'twitter-seed1-0000000000-0000000005.csv',
  'twitter-seed1-0000000000-0000000005.ndjson.gz',
])('does not take %s for its own', (name) => {
  expect(parseLandingName(name)).toBeUndefined()
})
