import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryShares, type MemoryOptions } from '../../../src/runtime/memory/memoryShares.ts'

const MIB = 2 ** 20

const options = fc.record({
  memory: fc.integer({ min: 0, max: 64 * 1024 }).map((mib) => mib * MIB),
  parallelism: fc.integer({ min: 0, max: 64 }),
  mode: fc.constantFrom('micro-batch' as const, 'streaming' as const),
  models: fc.boolean(),
})

/** Undefined where it is too little. */
function sharesOf(given: MemoryOptions) {
  try {
    return memoryShares(given)
  } catch (error) {
    expect(error).toMatchObject({ code: 'SBX_OPTION' })
    return undefined
  }
}

describe('memoryShares', () => {
  test('gives no more away than there is, and nobody nothing', () => {
    fc.assert(
      fc.property(options, (given) => {
        const shares = sharesOf(given)
        if (shares === undefined) return
        const { underWayBytes, queuedBytes, stateBytes, writersBytes, buffersBytes } = shares
        const working = underWayBytes + queuedBytes + stateBytes + writersBytes + buffersBytes
        const running = shares.processBytes + shares.threadsBytes + working
        const { databaseBytes } = shares
        const together = given.models && given.mode === 'streaming' ? databaseBytes : 0
        expect(running + together).toBeLessThanOrEqual(given.memory)
        if (given.models) {
          expect(shares.processBytes + databaseBytes).toBeLessThanOrEqual(given.memory)
          expect(databaseBytes).toBeGreaterThanOrEqual(128 * MIB)
        }
        for (const bytes of Object.values(shares)) expect(bytes).toBeGreaterThanOrEqual(0)
        expect(stateBytes).toBeGreaterThan(16 * MIB)
        expect(databaseBytes).toBeGreaterThan(64 * MIB)
      }),
    )
  })

  test('gives everybody more of more', () => {
    const of = (memory: string) => memoryShares({ memory, parallelism: 2, models: true })
    const [little, much] = [of('512MB'), of('4GB')]
    for (const name of ['stateBytes', 'writersBytes', 'databaseBytes', 'underWayBytes'] as const) {
      expect(much[name]).toBeGreaterThan(little[name])
    }
  })

  test('has room for a million keys and for models in 512 MB, two threads', () => {
    const shares = memoryShares({ memory: '512MB', parallelism: 2, models: true })
    expect(shares.stateBytes).toBeGreaterThan(24e6)
    expect(shares.threads).toBe(2)
  })

  test('takes fewer threads where nobody says how many', () => {
    const { threads } = memoryShares({ memory: '310MiB' })
    expect(threads).toBe(1)
  })

  test.each([
    {
      given: { memory: '200MB', parallelism: 2 },
      least: 368,
      says: ['200MB (191 MiB)', '128 MiB for Node', 'each of 2 worker threads', '1 it is 304 MiB'],
    },
    {
      given: { memory: '400MB', parallelism: 1, models: true },
      least: 480,
      says: ['for DuckDB when the threads have ended'],
    },
    {
      given: { memory: '600MiB', parallelism: 2, models: true, mode: 'streaming' as const },
      least: 720,
      says: ['for DuckDB beside that', 'with parallelism 1 it is 656 MiB'],
    },
    { given: { memory: 1, parallelism: 0 }, least: 240, says: ['1 (1 MiB)'] },
  ])('says that the least of $given is $least MiB, and why', ({ given, least, says }) => {
    for (const text of [`the least that works is ${least} MiB`, ...says]) {
      expect(() => memoryShares(given)).toThrow(text)
    }
    expect(() => memoryShares({ ...given, memory: least * MIB - 1 })).toThrow()
    expect(memoryShares({ ...given, memory: least * MIB }).memoryBytes).toBe(least * MIB)
  })
})
