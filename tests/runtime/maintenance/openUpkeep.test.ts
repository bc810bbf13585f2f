import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { defineTopology } from '../../../src/core/defineTopology.ts'
import type { Logger, Sink, UpkeepContext } from '../../../src/core/unit.ts'
import { closeLake } from '../../../src/lake/openLake.ts'
import { run } from '../../../src/runtime/run.ts'
import { memorySink } from '../../../src/sinks/memorySink.ts'
import { memorySource } from '../../../src/sources/memorySource.ts'
import { fastClock } from '../../faults/fastClock.ts'

interface Kept {
  readonly sink: Sink<number>
  readonly calls: string[]
  context?: UpkeepContext
}

/** A sink whose upkeep does as it is told, and writes down what was asked of it. */
function keptSink(
  name: string,
  calls: string[],
  step: () => Promise<boolean>,
  base: Sink<number> = memorySink<number>(),
): Kept {
  const kept: Kept = {
    calls,
    sink: {
      ...base,
      async openUpkeep(context) {
        kept.context = context
        return {
          finish: async () => void calls.push(`${name} finish`),
          step: async () => {
            calls.push(`${name} step`)
            return step()
          },
        }
      },
    },
  }
  return kept
}

const topology = (...sinks: readonly Kept[]) =>
  defineTopology('kept', (flow) => {
    const numbers = flow.source('numbers', memorySource([1, 2, 3]))
    sinks.forEach(({ sink }, index) => numbers.to(`sink${index}`, sink))
    return { numbers }
  })

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await turn()
}

const clock = fastClock(500)
const base = () => ({ lake: `memory:${randomUUID()}`, clock, epochMs: 50 })

test('a micro-batch ends what was begun and takes no step', async () => {
  const kept = keptSink('a', [], async () => true)
  const options = base()
  await run(topology(kept), options).done
  expect(kept.calls).toEqual(['a finish'])
  closeLake(options.lake)
})

test('streaming takes step after step of every sink until it is closed', async () => {
  const calls: string[] = []
  const [busy, idle] = [
    keptSink('busy', calls, async () => true),
    keptSink('idle', calls, async () => false),
  ]
  const options = base()
  const running = run(topology(busy, idle), { ...options, mode: 'streaming' })
  await until(() => calls.length > 20)
  await running.close()
  const taken = calls.length
  expect(calls.slice(0, 6)).toEqual([
    ...['busy finish', 'idle finish'],
    ...['busy step', 'idle step', 'busy step', 'idle step'],
  ])
  expect(busy.context!.signal.aborted).toBe(true)
  await expect(busy.context!.breathe()).rejects.toThrow()
  await turn()
  expect(calls).toHaveLength(taken)
  closeLake(options.lake)
})

test('streaming leaves it where it is told to', async () => {
  const kept = keptSink('a', [], async () => true)
  const options = base()
  const running = run(topology(kept), { ...options, mode: 'streaming', upkeep: false })
  await until(() => running.progress.records === 3)
  await running.close()
  expect(kept.calls).toEqual(['a finish'])
  closeLake(options.lake)
})

test('a step that fails is logged, ends nothing, and is tried again', async () => {
  const warned: object[] = []
  const logger: Logger = {
    info: () => {},
    warn: (event, fields) => void warned.push({ event, ...fields }),
    error: (event) => expect.fail(event),
  }
  const calls: string[] = []
  const bad = keptSink('bad', calls, async () => {
    throw new Error('no disk')
  })
  const good = keptSink('good', calls, async () => false)
  const options = base()
  const running = run(topology(bad, good), { ...options, mode: 'streaming', logger })
  await until(() => warned.length >= 2)
  expect((await running.close()).tasks).toHaveLength(1)
  expect(warned[0]).toEqual({ event: 'upkeep_failed', node: 'sink0', error: 'Error: no disk' })
  expect(calls.filter((call) => call === 'good step').length).toBeGreaterThan(0)
  closeLake(options.lake)
})

test('of two runs one takes the steps; the other goes on when it is gone', async () => {
  // Slower, so that a busy machine does not let a lease run out.
  const options = { ...base(), clock: fastClock(20) }
  const shared = memorySink<number>()
  const [one, two] = [1, 2].map((n) => keptSink(`${n}`, [], async () => false, shared))
  const steps = ({ calls }: Kept): number => calls.filter((call) => call.endsWith('step')).length
  const first = run(topology(one!), { ...options, mode: 'streaming' })
  await until(() => steps(one!) > 0)
  const waiting: string[] = []
  const logger: Logger = {
    info: (event, fields) => void waiting.push(`${event} ${String(fields?.['task'])}`),
    warn: () => {},
    error: (event) => expect.fail(event),
  }
  const second = run(topology(two!), { ...options, mode: 'streaming', logger })
  await until(() => waiting.includes('waiting _upkeep'))
  expect(steps(two!)).toBe(0)
  await first.close()
  await until(() => steps(two!) > 0)
  await second.close()
  closeLake(options.lake)
})
