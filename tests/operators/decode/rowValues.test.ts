import * as v from 'valibot'
import { expect, test } from 'vitest'
import { projection } from '../../../src/core/projection/projection.ts'
import { readRows } from './readRows.ts'

const Vote = v.object({
  score: v.number(),
  kind: v.picklist(['up', 'no']),
  links: v.array(v.object({ to: v.string() })),
})
const Score = v.object({ score: v.number() })
const toScore = projection(Vote, Score, ({ score }) => ({ score }))

test('checks what no column wants in the batch at hand, whatever its numbers look like', () => {
  const vote = (score: number, kind: string): string =>
    JSON.stringify({ score, kind, links: [{ to: 'a' }] })
  const records = [vote(1, 'up'), vote(-1.5, 'by'), vote(-2.5, 'no'), vote(-3, 'up')]
  expect(readRows(Vote, toScore, records)).toEqual([
    { score: 1 },
    undefined,
    { score: -2.5 },
    { score: -3 },
  ])
})
