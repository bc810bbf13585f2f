import * as v from 'valibot'
import { expect, test } from 'vitest'
import { projection } from '../../../../src/core/projection/projection.ts'
import { readRows } from './readRows.ts'

test('asks a check of one’s own about null, and leaves null to others where it throws', () => {
  const isTag = (value: unknown): boolean => (value as string).startsWith('#')
  const Tag = v.object({ tag: v.custom<string>(isTag) })
  const toTag = projection(Tag, v.object({ tag: v.string() }), ({ tag }) => ({ tag }))
  const records = ['{"tag":"#a"}', '{"tag":"a"}', '{"tag":null}']
  expect(readRows(Tag, toTag, records)).toEqual([{ tag: '#a' }, undefined, undefined])
})

test('shows a row with its keys in the order that it has as an object', () => {
  const Pair = v.object({ a: v.string(), b: v.string() })
  const swapped = projection(Pair, Pair, ({ a, b }) => ({ b, a }))
  const pair = { a: '1', b: '2' }
  const [row] = readRows(Pair, swapped, [JSON.stringify(pair)])
  expect(JSON.stringify(row)).toBe(JSON.stringify(swapped.of(pair, {} as never)))
})
