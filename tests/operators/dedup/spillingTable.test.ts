import { describe, expect, test } from 'vitest'
import type { StateRoom } from '../../../src/core/unit.ts'
import { fingerprintTable } from '../../../src/operators/dedup/fingerprintTable.ts'
import { spillingTable } from '../../../src/operators/dedup/spillingTable.ts'
import { randomKeys } from './randomKeys.ts'

const LIMIT = 2 ** 21
const ROUND = 1000

/** Room for one alone. */
function room(): StateRoom & { readonly most: number; readonly isClosed: boolean } {
  let [most, isClosed] = [0, false]
  return {
    fairBytes: () => LIMIT,
    isShort(bytes) {
      most = Math.max(most, bytes)
      return bytes > LIMIT
    },
    close() {
      isClosed = true
    },
    get most() {
      return most
    },
    get isClosed() {
      return isClosed
    },
  }
}

describe.each([{ windowMs: Infinity }, { windowMs: 50_000 }])(
  'a table with 2 MiB of room and a window of $windowMs ms',
  ({ windowMs }) => {
    test('decides as one that has room for everything', () => {
      const own = room()
      const spilling = spillingTable({ node: 'dedup', windowMs }, own)
      const free = fingerprintTable(windowMs)
      const draw = randomKeys()
      const earlier: Int32Array[] = []
      let differences = 0
      let repeats = 0
      for (let round = 0; round < 600; round++) {
        // Every other batch repeats one of before.
        const batch = round % 2 === 1 ? earlier[(round * 7) % earlier.length]! : draw(ROUND)
        if (round % 2 === 0) earlier.push(batch)
        for (let at = 0; at < batch.length; at += 4) {
          const time = round * 1000
          const expected = free.add(batch, at, time)
          if (!expected) repeats++
          if (spilling.add(batch, at, time) !== expected) differences++
        }
        spilling.relieve(0)
      }
      expect(differences).toBe(0)
      expect(repeats).toBeGreaterThan(10_000)
      expect(spilling.size().keys).toBe(free.size().keys)
      // A batch more than the limit, and what the last growth of a segment takes.
      expect(own.most).toBeLessThanOrEqual(LIMIT + ROUND * 60)
      expect(spilling.size().bytes).toBeLessThan(free.size().bytes)
      spilling.close()
      expect(own.isClosed).toBe(true)
    })
  },
)

test('forgets what it put aside when the window has passed all of it', () => {
  const spilling = spillingTable({ node: 'dedup', windowMs: 1000 }, room())
  const draw = randomKeys()
  const fill = (timeMs: number): void => {
    const keys = draw(100_000)
    for (let at = 0; at < keys.length; at += 4) spilling.add(keys, at, timeMs)
    spilling.relieve(0)
  }
  fill(0)
  fill(5000)
  expect(spilling.size().keys).toBe(200_000)
  spilling.forgetBefore(5000)
  expect(spilling.size().keys).toBe(100_000)
  spilling.forgetBefore(5001)
  expect(spilling.size().keys).toBe(0)
  spilling.close()
})

test('keeps everything where nobody set a limit', () => {
  const table = spillingTable({ node: 'dedup', windowMs: Infinity }, undefined)
  const keys = randomKeys()(200_000)
  for (let at = 0; at < keys.length; at += 4) table.add(keys, at, 0)
  table.relieve(0)
  expect(table.size().bytes).toBeGreaterThan(200_000 * 16)
  table.close()
})
