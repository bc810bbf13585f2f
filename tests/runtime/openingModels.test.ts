import { expect, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import type { ModelsUnit } from '../../src/core/models.ts'
import type { Source, SourceReader, Table } from '../../src/core/unit.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { run } from '../../src/runtime/run.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { memorySource } from '../../src/sources/memorySource.ts'
import { virtualClock } from '../../src/testing/virtualClock.ts'

const opened = new Error('the models were opened')

/** One source and models that fail as soon as they are opened, as those do that can't be compiled. */
function topologyOf(
  read: (inner: SourceReader['read'], signal: AbortSignal) => ReturnType<SourceReader['read']>,
  opens: () => void,
) {
  const inner = memorySource([1, 2, 3])
  const source: Source<number> = {
    ...inner,
    async open(context) {
      const reader = await inner.open(context)
      return { ...reader, read: () => read(reader.read, context.signal) }
    },
  }
  const table: Table<number> = {
    ...memorySink<number>(),
    kind: 'table',
    type: 'table',
    options: {},
  }
  return defineTopology('late', (flow) => {
    const numbers = flow.source('numbers', source).toTable('silver', table)
    const unit: ModelsUnit = {
      ...{ kind: 'models', type: 'models', options: {}, reads: { numbers } },
      open() {
        opens()
        return Promise.reject(opened)
      },
    }
    return { gold: flow.models('gold', unit) }
  })
}

test('models are opened behind the first batch, and their failure is the run’s', async () => {
  const order: string[] = []
  const topology = topologyOf(
    (inner) => {
      order.push('read')
      return inner()
    },
    () => order.push('open'),
  )
  const options = { lake: 'memory:opening-models', clock: virtualClock(), logger: silentLogger }
  await expect(run(topology, options).done).rejects.toBe(opened)
  expect(order.indexOf('open')).toBeGreaterThan(order.indexOf('read'))
})

test('models wait no longer than a second for a source that has nothing', async () => {
  const clock = virtualClock()
  const asked = Promise.withResolvers<void>()
  let isOpen = false
  const topology = topologyOf(
    (_, signal) => {
      asked.resolve()
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(undefined), { once: true })
      })
    },
    () => (isOpen = true),
  )
  const options = { lake: 'memory:idle-models', clock, logger: silentLogger }
  const { done } = run(topology, { ...options, mode: 'streaming' })
  const failing = expect(done).rejects.toBe(opened)
  await asked.promise
  await clock.advance(999)
  expect(isOpen).toBe(false)
  await clock.advance(1)
  await failing
  expect(isOpen).toBe(true)
})
