import * as v from 'valibot'
import { expect, test } from 'vitest'
import { int64 } from '../../../../src/core/columnSchemas.ts'
import { sum } from '../../../../src/core/projection/expression.ts'
import { projection } from '../../../../src/core/projection/projection.ts'
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

test('adds whole numbers alone, as it does with objects', () => {
  const Votes = v.object({ up: v.number(), down: v.nullable(v.number()) })
  const Total = v.object({ total: v.nullable(int64()) })
  const toTotal = projection(Votes, Total, ({ up, down }) => ({ total: sum(up, down) }))
  const records = ['{"up":1,"down":2}', '{"up":1.25,"down":2}', '{"up":3,"down":null}']
  expect(readRows(Votes, toTotal, records)).toEqual([{ total: 3 }, undefined, { total: 3 }])
  expect(() => toTotal.of({ up: 1.25, down: 2 }, {} as never)).toThrow(
    'up and down are no whole numbers: 1.25 and 2',
  )
})
