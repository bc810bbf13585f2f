import { expect, test } from 'vitest'
import { fileName, ingestedAt, positionOf } from '../../../topologies/formats/sourceOf.ts'
import { envelopeOf } from '../../operators/feed.ts'

test('a position is the source and the offset there', () => {
  expect(positionOf(envelopeOf({ source: 'tweets/0', offset: 41 }))).toBe('tweets/0:41')
  expect(ingestedAt(envelopeOf({ ingestedAtMs: 1_717_372_800_001 }))).toBe(1_717_372_800_001_000)
})

test('the name of a file has neither folders nor extensions', () => {
  const names = [
    'reddit/2013/AskHistorians.csv.gz',
    'snes.csv',
    '18.01.11_US_videos.csv.gz',
    'bare',
  ]
  expect(names.map((source) => fileName(envelopeOf({ source })))).toEqual([
    ...['AskHistorians', 'snes', '18.01.11_US_videos', 'bare'],
  ])
})
