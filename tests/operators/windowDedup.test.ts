import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import { ConfigError, OperatorError } from '../../src/core/errors.ts'
import type { StateRoom } from '../../src/core/unit.ts'
import { windowDedup, type WindowDedupOptions } from '../../src/operators/windowDedup.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { memorySource } from '../../src/sources/memorySource.ts'
import { testDriver } from '../../src/testing/testDriver.ts'
import { dedupDriver, type Durations, type Fate, type Keyed } from './dedup/dedupDriver.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const T0 = Date.UTC(2026, 0, 1)

const fates = (durations: Durations, records: readonly Keyed[]): Fate[] =>
  dedupDriver(durations).feed(records)

describe('the window', () => {
  test('drops a repeat inside the window, whichever has the earlier event time', () => {
    const records: Keyed[] = [
      ['a', T0],
      ['a', T0 + HOUR],
      ['a', T0 - HOUR],
      ['b', T0],
    ]
    expect(fates({ windowMs: DAY }, records)).toEqual(['pass', 'duplicate', 'duplicate', 'pass'])
  })

  test('ends exactly windowMs away from the record that was let through', () => {
    const at = (timeMs: number): Fate =>
      fates({ windowMs: DAY }, [
        ['a', T0],
        ['a', timeMs],
      ])[1]!
    expect(at(T0 + DAY)).toBe('duplicate')
    expect(at(T0 + DAY + 1)).toBe('pass')
    expect(at(T0 - DAY)).toBe('duplicate')
    const lenient = { windowMs: DAY, allowedLatenessMs: 3 * DAY }
    expect(
      fates(lenient, [
        ['a', T0],
        ['a', T0 - DAY - 1],
      ])[1],
    ).toBe('pass')
  })

  test('is not moved by repeats: they are measured against what was let through', () => {
    const records: Keyed[] = [0, 0.6, 1.2, 1.8, 2.4].map((days) => ['a', T0 + days * DAY])
    expect(fates({ windowMs: DAY }, records)).toEqual([
      'pass',
      'duplicate',
      'pass',
      'duplicate',
      'pass',
    ])
  })

  test('remembers several records of one key that lie far apart', () => {
    const durations = { windowMs: HOUR, allowedLatenessMs: 100 * HOUR }
    const records: Keyed[] = [10, 0, 20].map((hours) => ['a', T0 + hours * HOUR])
    const repeats: Keyed[] = [0.5, 10.5, 20.5, 9.5].map((hours) => ['a', T0 + hours * HOUR])
    const between: Keyed[] = [5, 15].map((hours) => ['a', T0 + hours * HOUR])
    const dedup = dedupDriver(durations)
    expect(dedup.feed(records)).toEqual(['pass', 'pass', 'pass'])
    expect(dedup.feed(repeats)).toEqual(Array(4).fill('duplicate'))
    expect(dedup.feed(between)).toEqual(['pass', 'pass'])
  })

  test('of 0 ms drops only what has the very same event time', () => {
    const durations = { windowMs: 0, allowedLatenessMs: HOUR }
    expect(
      fates(durations, [
        ['a', T0],
        ['a', T0],
        ['a', T0 + 1],
        ['a', T0 - 1],
      ]),
    ).toEqual(['pass', 'duplicate', 'pass', 'pass'])
  })

  test('without end keeps every key, and nothing is late', () => {
    const years: Keyed[] = [0, -50, 100, -500].map((n, i) => [`k${i}`, T0 + n * 365 * DAY])
    const dedup = dedupDriver({ windowMs: Infinity })
    expect(dedup.feed(years)).toEqual(Array(4).fill('pass'))
    expect(dedup.feed(years.map(([key]) => [key, 0]))).toEqual(Array(4).fill('duplicate'))
  })

  test('without end but with a lateness still turns down what is late', () => {
    const durations = { windowMs: Infinity, allowedLatenessMs: HOUR }
    expect(
      fates(durations, [
        ['a', T0],
        ['b', T0 - DAY],
        ['a', T0 + 999 * DAY],
      ]),
    ).toEqual(['pass', 'late', 'duplicate'])
  })

  test('an empty batch changes nothing', () => {
    const dedup = dedupDriver({ windowMs: DAY })
    expect(dedup.feed([])).toEqual([])
    expect(dedup.size().keys).toBe(0)
  })
})

describe('lateness', () => {
  const durations = { windowMs: 10, allowedLatenessMs: 5, outOfOrdernessMs: 3 }

  test('lets a record through exactly at the bound and not 1 ms behind it', () => {
    // The watermark stands at 97, so the bound is 92.
    expect(
      fates(durations, [
        ['a', 100],
        ['b', 92],
        ['c', 91],
      ]),
    ).toEqual(['pass', 'pass', 'late'])
  })

  test('neither remembers a late record nor lets it move the watermark', () => {
    const dedup = dedupDriver(durations)
    dedup.feed([['a', 100]])
    expect(
      dedup.feed([
        ['x', 91],
        ['x', 92],
        ['x', 93],
      ]),
    ).toEqual(['late', 'pass', 'duplicate'])
    expect(dedup.size().keys).toBe(2)
  })

  test('a late repeat is late, not a duplicate', () => {
    expect(
      fates(durations, [
        ['a', 90],
        ['b', 100],
        ['a', 90],
      ]),
    ).toEqual(['pass', 'pass', 'late'])
  })

  test('is windowMs where it is not given', () => {
    expect(
      fates({ windowMs: 10 }, [
        ['a', 100],
        ['b', 90],
        ['c', 89],
      ])[2],
    ).toBe('late')
    expect(
      fates({ windowMs: 10 }, [
        ['a', 100],
        ['b', 90],
        ['c', 89],
      ])[1],
    ).toBe('pass')
  })

  test('without end keeps a bounded window from calling anything late', () => {
    const lenient = { windowMs: 10, allowedLatenessMs: Infinity }
    expect(
      fates(lenient, [
        ['a', 1e6],
        ['a', 0],
        ['a', 10],
        ['a', 1e6 - 10],
      ]),
    ).toEqual(['pass', 'pass', 'duplicate', 'duplicate'])
  })

  test('is judged by the slowest partition that is not idle', () => {
    const dedup = dedupDriver({ windowMs: 10, allowedLatenessMs: 0, idleMs: 1000 })
    dedup.feed([['a', 50]], { partition: 0, ingestedAtMs: 0 })
    dedup.feed([['b', 40]], { partition: 1, ingestedAtMs: 0 })
    dedup.feed([['c', 100]], { partition: 1, ingestedAtMs: 900 })
    // Partition 0 holds the watermark at 50 …
    expect(
      dedup.feed(
        [
          ['d', 50],
          ['e', 49],
        ],
        { partition: 1, ingestedAtMs: 1000 },
      ),
    ).toEqual(['pass', 'late'])
    // … until it has been silent for more than idleMs.
    expect(dedup.feed([['f', 99]], { partition: 1, ingestedAtMs: 1001 })).toEqual(['late'])
    expect(dedup.feed([['g', 99]], { partition: 0, ingestedAtMs: 1002 })).toEqual(['late'])
  })
})

describe('forgetting', () => {
  test('keeps memory flat over many windows', async () => {
    const dedup = dedupDriver({ windowMs: 1000, allowedLatenessMs: 0 })
    const sizes: number[] = []
    for (let window = 0; window < 30; window++) {
      for (let part = 0; part < 10; part++) {
        const start = window * 1000 + part * 100
        const records = Array.from({ length: 1500 }, (_, i): Keyed => [
          `${window}/${part}/${i}`,
          start + i / 15,
        ])
        expect(dedup.feed(records).every((fate) => fate === 'pass')).toBe(true)
        await dedup.checkpoint()
      }
      sizes.push(dedup.size().bytes)
    }
    // By then the log has filled an object of 262,144 keys and holds no more of them.
    const early = Math.max(...sizes.slice(0, 18))
    expect(Math.max(...sizes.slice(18))).toBeLessThanOrEqual(early * 1.05)
    const stored = [...dedup.objects.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
    expect(stored).toBeLessThan(24 * 15_000 * 19)
    // What a restarted instance holds is what the window holds.
    await dedup.restart()
    expect(dedup.size().keys).toBeLessThan(15_000 * 12)
  })
})

describe('restarts', () => {
  test('a key, the watermark and idle marks survive', async () => {
    const dedup = dedupDriver({ windowMs: 10, allowedLatenessMs: 0, idleMs: 1000 })
    dedup.feed([['slow', 5]], { partition: 1, ingestedAtMs: 0 })
    dedup.feed([['a', 100]], { partition: 0, ingestedAtMs: 5000 })
    await dedup.checkpoint()
    await dedup.restart()
    expect(
      dedup.feed(
        [
          ['a', 100],
          ['b', 99],
        ],
        { partition: 0, ingestedAtMs: 5000 },
      ),
    ).toEqual(['duplicate', 'late'])
  })

  test('time in which nothing ran makes no partition idle', async () => {
    const dedup = dedupDriver({ windowMs: 10, allowedLatenessMs: 0, idleMs: 1000 })
    dedup.feed([['a', 5]], { partition: 0 })
    dedup.feed([['b', 5]], { partition: 1 })
    await dedup.checkpoint()
    await dedup.restart()
    dedup.feed([['c', 100]], { partition: 0, ingestedAtMs: DAY })
    expect(dedup.feed([['d', 6]], { partition: 1, ingestedAtMs: DAY })).toEqual(['pass'])
  })

  test('what came after the last checkpoint is forgotten, to be read again', async () => {
    const dedup = dedupDriver({ windowMs: Infinity })
    dedup.feed([['a', 0]])
    await dedup.checkpoint()
    dedup.feed([['b', 0]])
    await dedup.restart()
    expect(
      dedup.feed([
        ['a', 0],
        ['b', 0],
      ]),
    ).toEqual(['duplicate', 'pass'])
  })

  const durations = fc.record({
    windowMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(Infinity)),
    allowedLatenessMs: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constant(Infinity)),
    outOfOrdernessMs: fc.integer({ min: 0, max: 20 }),
    idleMs: fc.integer({ min: 0, max: 30 }),
  })
  const records = fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 200 })),
    { maxLength: 12 },
  )
  const arrivals = fc.array(
    fc.record({
      records,
      partition: fc.integer({ min: 0, max: 2 }),
      waitMs: fc.integer({ min: 0, max: 20 }),
      then: fc.constantFrom('go on', 'go on', 'checkpoint', 'restart'),
    }),
    { maxLength: 40 },
  )

  test('decides as a naive model does, for any batches, windows and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(durations, arrivals, async (options, batches) => {
        const dedup = dedupDriver(options)
        const model = naiveModel(options)
        let ingestedAtMs = 0
        for (const { records, partition, waitMs, then } of batches) {
          ingestedAtMs += waitMs
          expect(dedup.feed(records, { partition, ingestedAtMs })).toEqual(
            records.map((record) => model.decide(record, partition, ingestedAtMs)),
          )
          if (then === 'go on') continue
          await dedup.checkpoint()
          if (then === 'restart') {
            await dedup.restart()
            model.pause()
          }
        }
      }),
      { numRuns: 400 },
    )
  })

  test('decides the same for any cut of the same records into batches', () => {
    const cuts = fc.array(fc.nat({ max: 100 }))
    const many = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 300 })), {
      maxLength: 100,
    })
    fc.assert(
      fc.property(durations, many, cuts, (options, all, at) => {
        const dedup = dedupDriver(options)
        const bounds = [0, ...at.filter((cut) => cut <= all.length), all.length]
        const ordered = bounds.toSorted((a, b) => a - b)
        const apart = ordered.slice(1).flatMap((end, i) => dedup.feed(all.slice(ordered[i], end)))
        expect(apart).toEqual(fates(options, all))
      }),
    )
  })
})

describe('an event time', () => {
  const operator = windowDedup<Date | number>({
    key: String,
    eventTime: (time) => time,
    windowMs: 1,
  })

  test('may be a Date or milliseconds', () => {
    expect(operator.eventTimeMs(new Date(T0))).toBe(T0)
    expect(operator.eventTimeMs(T0 + 0.5)).toBe(T0 + 0.5)
  })

  test('that is no date is NaN, which the runtime refuses by the name of the record', () => {
    for (const time of [new Date(NaN), NaN, Infinity, -Infinity, 8.64e15 + 1]) {
      expect(operator.eventTimeMs(time)).toBeNaN()
    }
    expect(operator.eventTimeMs(8.64e15)).toBe(8.64e15)
  })

  test.each([
    ['an event time', { id: 'a', at: new Date(NaN) }, /its event time NaN/],
    ['a key', { id: undefined as never, at: new Date(T0) }, /its key is .*undefined/],
  ])('or %s that is none stops the run and changes nothing', async (_, broken, text) => {
    interface Click {
      readonly id: string
      readonly at: Date
    }
    const topology = defineTopology('clicks', (flow) => {
      const clicks = flow.source('clicks', memorySource<Click>([]))
      const dedup = clicks.split(
        'dedup',
        windowDedup({ key: (click) => click.id, eventTime: (click) => click.at, windowMs: DAY }),
      )
      dedup.late.to('late', memorySink())
      return { clicks, fresh: dedup.out.to('fresh', memorySink<Click>()) }
    })
    const driver = testDriver(topology)
    const { clicks, fresh } = topology.handles
    driver.pipe(clicks, [{ id: 'a', at: new Date(T0) }, broken])
    const done = driver.process()
    await expect(done).rejects.toBeInstanceOf(OperatorError)
    await expect(done).rejects.toMatchObject({ code: 'SBX_OPERATOR_THREW', node: 'dedup' })
    await expect(done).rejects.toThrow(/threw on the record at .*:1: /)
    await expect(done).rejects.toThrow(text)
    expect(driver.read(fresh)).toEqual([])
    driver.close()
  })

  test('that is NaN all the same moves no watermark', () => {
    const dedup = dedupDriver({ windowMs: 10, allowedLatenessMs: 0 })
    dedup.feed([
      ['x', NaN],
      ['a', 100],
      ['y', NaN],
    ])
    expect(
      dedup.feed([
        ['b', 99],
        ['c', 100],
      ]),
    ).toEqual(['late', 'pass'])
  })
})

describe('options', () => {
  const given = { key: (id: string) => id, eventTime: () => 0, windowMs: 1 }

  test.each([
    ['windowMs', NaN],
    ['windowMs', -1],
    ['windowMs', undefined],
    ['windowMs', '24h'],
    ['allowedLatenessMs', -1],
    ['outOfOrdernessMs', NaN],
    ['idleMs', null],
    ['key', undefined],
    ['eventTime', 'createdAt'],
  ])('refuses %s = %s', (name, value) => {
    const options = { ...given, [name]: value } as unknown as WindowDedupOptions<string>
    const refusal = expect(() => windowDedup(options))
    refusal.toThrow(ConfigError)
    refusal.toThrow(expect.objectContaining({ code: 'SBX_OPTION' }))
    refusal.toThrow(`windowDedup: ${name} must be`)
  })

  test('are plain JSON with every default filled in, so that a checkpoint can compare them', () => {
    const operator = windowDedup<string>({ ...given, windowMs: Infinity })
    expect(JSON.parse(JSON.stringify(operator.options))).toEqual(operator.options)
    expect(operator.options).toEqual({
      windowMs: 'Infinity',
      allowedLatenessMs: 'Infinity',
      outOfOrdernessMs: 0,
      idleMs: 60_000,
    })
    expect(Object.isFrozen(operator)).toBe(true)
    expect(operator.ports).toEqual(['duplicate', 'late'])
  })
})

/** The definition of the operator in arrays, as slow as it likes. */
function naiveModel(options: Required<Durations>) {
  const { windowMs, allowedLatenessMs, outOfOrdernessMs, idleMs } = options
  const letThrough: Keyed[] = []
  const partitions: { highest: number; seenMs: number; idle: boolean; id: number }[] = []
  let watermark = -Infinity
  let lastMs = 0
  let paused = false

  const advance = (): void => {
    const active = partitions.filter(({ idle }) => !idle).map(({ highest }) => highest)
    watermark = Math.max(watermark, Math.min(...active) - outOfOrdernessMs)
  }
  return {
    pause: () => void (paused = true),
    decide([key, timeMs]: Keyed, id: number, nowMs: number): Fate {
      if (paused) for (const partition of partitions) partition.seenMs += nowMs - lastMs
      paused = false
      lastMs = nowMs
      let partition = partitions.find((candidate) => candidate.id === id)
      if (partition === undefined) {
        partition = { highest: -Infinity, seenMs: nowMs, idle: false, id }
        partitions.push(partition)
      }
      partition.seenMs = nowMs
      partition.idle = false
      for (const other of partitions) if (nowMs - other.seenMs > idleMs) other.idle = true
      advance()
      if (timeMs < watermark - allowedLatenessMs) return 'late'
      partition.highest = Math.max(partition.highest, timeMs)
      advance()
      const isRepeat = letThrough.some(
        ([other, otherMs]) => other === key && Math.abs(otherMs - timeMs) <= windowMs,
      )
      if (isRepeat) return 'duplicate'
      letThrough.push([key, timeMs])
      return 'pass'
    },
  }
}

describe('where memory is short', () => {
  test('decides the same, and restores what does not fit into memory', async () => {
    const limit = 2 ** 23
    const room = (): StateRoom => ({
      fairBytes: () => limit,
      isShort: (bytes) => bytes > limit,
      close: () => {},
    })
    const short = dedupDriver({ windowMs: Infinity }, room)
    const free = dedupDriver({ windowMs: Infinity })
    const feed = (from: number, count: number): void => {
      const records = Array.from({ length: count }, (_, i): Keyed => [`k${from + i}`, T0])
      expect(short.feed(records)).toEqual(free.feed(records))
    }
    for (let from = 0; from < 600_000; from += 20_000) feed(from, 20_000)
    await short.checkpoint()
    await short.restart()
    for (const from of [0, 310_000, 590_000]) feed(from, 20_000)
    expect(short.size().keys).toBe(610_000)
    expect(short.size().bytes).toBeLessThanOrEqual(limit + 2 ** 20)
    expect(free.size().bytes).toBeGreaterThan(limit + 2 ** 21)
  })
})
