import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { watermark, type Watermark, type WatermarkOptions } from '../../src/core/watermark.ts'

const start = (options: Partial<WatermarkOptions> = {}): Watermark =>
  watermark({ outOfOrdernessMs: 0, idleMs: 1000, ...options })

/** A record: which partition, its event time, and when it was read. */
const take = (mark: Watermark, partition: number, eventMs: number, readMs = 0): number => {
  mark.arrive(partition, readMs)
  mark.observe(partition, eventMs)
  return mark.current()
}

describe('one partition', () => {
  test('is at −Infinity before the first record', () => {
    const mark = start()
    expect(mark.current()).toBe(-Infinity)
    mark.arrive(0, 5)
    expect(mark.current()).toBe(-Infinity)
  })

  test('follows the highest event time and never goes back', () => {
    const mark = start()
    expect([5, 9, 3, 9, 10].map((time) => take(mark, 0, time))).toEqual([5, 9, 9, 9, 10])
  })

  test('stays behind by the out-of-orderness, negative times included', () => {
    const mark = start({ outOfOrdernessMs: 4 })
    expect([-10, 2, 1].map((time) => take(mark, 0, time))).toEqual([-14, -2, -2])
  })

  test('with unlimited out-of-orderness never leaves −Infinity', () => {
    expect(take(start({ outOfOrdernessMs: Infinity }), 0, 5)).toBe(-Infinity)
  })

  test('is not moved by what is no time', () => {
    const mark = start()
    take(mark, 0, 5)
    expect(take(mark, 0, NaN)).toBe(5)
    expect(take(mark, 0, 6)).toBe(6)
  })

  test('is never idle alone: the next record counts at once, however late it comes', () => {
    const mark = start()
    take(mark, 0, 5, 0)
    expect(take(mark, 0, 6, 1e9)).toBe(6)
  })
})

describe('several partitions', () => {
  test('the slowest one decides', () => {
    const mark = start()
    take(mark, 0, 100)
    expect(take(mark, 1, 40)).toBe(100)
    expect(take(mark, 1, 120)).toBe(100)
    expect(take(mark, 0, 110)).toBe(110)
    expect(take(mark, 0, 130)).toBe(120)
  })

  test('one that has shown no event time yet holds the watermark where it is', () => {
    const mark = start()
    take(mark, 0, 5)
    mark.arrive(1, 0)
    expect(take(mark, 0, 9)).toBe(5)
  })

  test('one that is silent for longer than idleMs holds nothing back', () => {
    const mark = start({ idleMs: 1000 })
    take(mark, 0, 5, 0)
    take(mark, 1, 5, 0)
    expect(take(mark, 1, 50, 1000)).toBe(5)
    expect(take(mark, 1, 60, 1001)).toBe(60)
  })

  test('one that comes back counts again, but the watermark does not go back', () => {
    const mark = start({ idleMs: 1000 })
    take(mark, 0, 5, 0)
    take(mark, 1, 50, 2000)
    expect(mark.current()).toBe(50)
    expect(take(mark, 0, 7, 2001)).toBe(50)
    expect(take(mark, 1, 90, 2002)).toBe(50)
    expect(take(mark, 0, 60, 2003)).toBe(60)
  })

  test('with idleMs 0 only those of the same moment count', () => {
    const mark = start({ idleMs: 0 })
    take(mark, 0, 5, 10)
    take(mark, 1, 8, 10)
    expect(mark.current()).toBe(5)
    expect(take(mark, 1, 9, 11)).toBe(9)
  })

  test('a clock that is set back makes nothing idle', () => {
    const mark = start({ idleMs: 10 })
    take(mark, 0, 5, 1000)
    take(mark, 1, 9, 0)
    expect(take(mark, 1, 20, 5)).toBe(5)
  })
})

describe('save', () => {
  const again = (mark: Watermark, options: Partial<WatermarkOptions> = {}): Watermark =>
    watermark(
      { outOfOrdernessMs: 0, idleMs: 1000, ...options },
      JSON.parse(JSON.stringify(mark.save())) as ReturnType<Watermark['save']>,
    )

  test('survives JSON at the very beginning', () => {
    const mark = again(again(start()))
    expect(mark.current()).toBe(-Infinity)
    expect(take(mark, 0, 3)).toBe(3)
  })

  test('keeps the watermark, the partitions and their idle marks', () => {
    const mark = start()
    take(mark, 0, 5, 0)
    take(mark, 1, 50, 2000)
    take(mark, 2, 40, 2000)
    const next = again(mark)
    expect(next.current()).toBe(50)
    // 0 is idle still; 2 holds back at 40, below what was reached already.
    expect(take(next, 1, 90, 2001)).toBe(50)
    expect(take(next, 2, 80, 2001)).toBe(80)
    expect(again(next).save()).toEqual(next.save())
  })

  test('keeps how long a partition was silent, and does not count the time in between', () => {
    const mark = start({ idleMs: 1000 })
    take(mark, 0, 5, 0)
    take(mark, 1, 5, 0)
    take(mark, 1, 6, 600)
    const next = again(mark)
    expect(take(next, 1, 7, 1_000_000)).toBe(5)
    expect(take(next, 1, 8, 1_000_400)).toBe(5)
    expect(take(next, 1, 9, 1_000_401)).toBe(9)
  })

  test('anywhere in a stream changes nothing but that', () => {
    const steps = fc.array(
      fc.record({
        partition: fc.nat({ max: 2 }),
        eventMs: fc.integer({ min: -50, max: 50 }),
        waitMs: fc.nat({ max: 8 }),
        restart: fc.boolean(),
      }),
    )
    fc.assert(
      fc.property(steps, fc.nat({ max: 10 }), fc.nat({ max: 10 }), (all, out, idleMs) => {
        const options = { outOfOrdernessMs: out, idleMs }
        const steady = start(options)
        let restarted = start(options)
        let readMs = 0
        let highest = -Infinity
        for (const { partition, eventMs, waitMs, restart } of all) {
          if (restart) restarted = again(restarted, options)
          else readMs += waitMs
          const now = take(steady, partition, eventMs, readMs)
          expect(take(restarted, partition, eventMs, readMs)).toBe(now)
          expect(now).toBeGreaterThanOrEqual(highest)
          highest = now
        }
      }),
    )
  })
})
