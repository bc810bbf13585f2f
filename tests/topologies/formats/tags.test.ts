import { expect, test } from 'vitest'
import { distinctLower, hashtagsIn, mentionsIn } from '../../../topologies/formats/tags.ts'

test('finds tags of ASCII letters, digits and underscores, wherever they stand', () => {
  expect(hashtagsIn('#One two#Three ##four #5 #_a-b # #é #six\n#seven')).toEqual([
    ...['one', 'three', 'four', '5', '_a', 'six', 'seven'],
  ])
  expect(mentionsIn('@Acme a@b.c @@x .@y!')).toEqual(['acme', 'b', 'x', 'y'])
  expect(hashtagsIn('it&#39;s')).toEqual(['39'])
  expect([hashtagsIn('none'), hashtagsIn('#'), mentionsIn('@ me')]).toEqual([[], [], []])
})

test('makes them distinct in lower case, in order of first appearance', () => {
  expect(hashtagsIn('#b #A #B #a')).toEqual(['b', 'a'])
  expect(distinctLower(['Ä', 'ä', 'İ'])).toEqual(['ä', 'i̇'])
  expect(distinctLower(['X'])).toEqual(['x'])
  expect([distinctLower([]), distinctLower(undefined)]).toEqual([[], []])
})
