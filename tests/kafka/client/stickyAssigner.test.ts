import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignSticky } from '../../../src/kafka/client/stickyAssigner.ts'

const fresh = (...ids: readonly string[]): { id: string; owned: number[] }[] =>
  ids.map((id) => ({ id, owned: [] }))
const claims = (shares: ReadonlyMap<string, number[]>): { id: string; owned: number[] }[] =>
  [...shares].map(([id, owned]) => ({ id, owned }))

test('shares partitions out evenly', () => {
  expect(assignSticky(fresh('a', 'b', 'c'), 4)).toEqual(
    new Map([
      ['a', [0, 1]],
      ['b', [2]],
      ['c', [3]],
    ]),
  )
})

test('gives a newcomer what it takes to be even, and leaves the rest', () => {
  const shares = assignSticky(
    [
      { id: 'new', owned: [] },
      { id: 'old', owned: [0, 1, 2, 3] },
    ],
    4,
  )
  expect(shares.get('old')).toEqual([0, 1])
  expect(shares.get('new')).toEqual([2, 3])
})

test('gives the partitions of one that left to the others, who keep theirs', () => {
  const shares = assignSticky(
    [
      { id: 'a', owned: [1, 3] },
      { id: 'b', owned: [0] },
    ],
    4,
  )
  expect(shares).toEqual(
    new Map([
      ['a', [1, 3]],
      ['b', [0, 2]],
    ]),
  )
})

test('leaves members without a partition where there are too few', () => {
  expect(assignSticky(fresh('a', 'b'), 1).get('b')).toEqual([])
})

const claimants = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    owned: fc.array(fc.integer({ min: -2, max: 40 }), { maxLength: 20 }),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
)

test('gives every partition to one member, evenly, whatever is claimed', () => {
  fc.assert(
    fc.property(claimants, fc.nat(32), (members, partitions) => {
      const shares = [...assignSticky(members, partitions).values()]
      const all = shares.flat().sort((a, b) => a - b)
      expect(all).toEqual(Array.from({ length: partitions }, (_, partition) => partition))
      const sizes = shares.map(({ length }) => length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
  )
})

test('moves nothing where nobody came or left, whoever is asked', () => {
  fc.assert(
    fc.property(claimants, fc.nat(32), (members, partitions) => {
      const shares = assignSticky(members, partitions)
      const again = assignSticky(claims(shares).reverse(), partitions)
      expect(new Map([...again].sort())).toEqual(new Map([...shares].sort()))
    }),
  )
})

test('moves no more than the newcomer gets', () => {
  fc.assert(
    fc.property(claimants, fc.nat(32), (members, partitions) => {
      const before = assignSticky(members, partitions)
      const after = assignSticky([...claims(before), { id: 'newcomer', owned: [] }], partitions)
      const moved = [...before].flatMap(([id, owned]) =>
        owned.filter((partition) => !after.get(id)!.includes(partition)),
      )
      expect(moved.sort()).toEqual(after.get('newcomer')!.sort())
    }),
  )
})
