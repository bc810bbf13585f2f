import { expect, test } from 'vitest'
import { parseMemory } from '../../../src/runtime/memory/parseMemory.ts'

test.each([
  ['512MB', 512_000_000],
  ['1GiB', 2 ** 30],
  ['1.5 gib', 1.5 * 2 ** 30],
  [' 700mb ', 700_000_000],
  ['64KiB', 65_536],
  ['536870912', 536_870_912],
  ['100B', 100],
  [536_870_912, 536_870_912],
])('reads %s', (text, bytes) => {
  expect(parseMemory(text)).toBe(bytes)
})

test.each([
  '',
  'much',
  '512 X',
  '-1MB',
  'MB',
  '1e9',
  '1,5GB',
  'NaN',
  Number.NaN,
  Infinity,
  -5,
  '9999999TB',
])('refuses %s, and says what a size looks like', (text) => {
  expect(() => parseMemory(text)).toThrow(
    expect.objectContaining({
      code: 'SBX_OPTION',
      message: expect.stringContaining('512MB') as string,
    }),
  )
})
