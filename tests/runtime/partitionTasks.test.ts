import { expect, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import type {
  Assignment,
  Publisher,
  PublisherContext,
  Source,
  Writer,
  WriterContext,
} from '../../src/core/unit.ts'
import { memoryStore } from '../../src/lake/memoryStore.ts'
import { presetLake } from '../../src/lake/openLake.ts'
import { run, type Run } from '../../src/runtime/run.ts'
import type { RunResult } from '../../src/runtime/result.ts'
import { systemClock } from '../../src/runtime/systemClock.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { memorySource } from '../../src/sources/memorySource.ts'
import { partitionedSource } from './partitionedSource.ts'

const LISTS = [0, 1, 2, 3].map((n) => Array.from({ length: 40 }, (_, i) => n * 100 + i))
const ALL = LISTS.flat().sort((a, b) => a - b)

function inLake(source: Source<number>) {
  const lake = `memory:partitions-${crypto.randomUUID()}`
  presetLake(lake, memoryStore())
  let ticks = 0
  /** A barrier behind every batch. */
  const options = { lake, epochMs: 1, clock: { ...systemClock, now: () => ticks++ } }
  const sink = memorySink<number>()
  const topology = defineTopology('numbers', (flow) => ({
    out: flow.source('numbers', source).to('out', sink),
  }))
  return { options, sink, topology, run: () => run(topology, options).done }
}
/** The source with other assignments than its coordinator gives. */
const withGroup = (
  source: Source<number>,
  change: (assignment: Assignment) => Assignment,
): Source<number> => ({
  ...source,
  async join(context) {
    const group = await source.join!(context)
    return {
      ...group,
      async next() {
        const assignment = await group.next()
        return assignment && change(assignment)
      },
    }
  },
})
const read = ({ tasks }: RunResult): number =>
  tasks.reduce((sum, { ledger }) => sum + (ledger['numbers']?.in ?? 0), 0)
const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)

test('each partition is a task of its own, and a second run reads nothing', async () => {
  const { sink, run } = inLake(partitionedSource(LISTS).source)
  const first = await run()
  expect(first.tasks.map(({ task, node }) => [task, node])).toEqual(
    [0, 1, 2, 3].map((n) => [`numbers-${n}`, 'numbers']),
  )
  expect(read(first)).toBe(160)
  expect(read(await run())).toBe(0)
  expect(sorted(sink.records)).toEqual(ALL)
})

test('several processes share the partitions, and each stays until all are read', async () => {
  const { sink, run } = inLake(partitionedSource(LISTS).source)
  const results = await Promise.all([run(), run(), run()])
  expect(results.map(read).reduce((sum, n) => sum + n)).toBe(160)
  for (const { tasks } of results) {
    expect(tasks.map(({ total }) => total['numbers']?.in)).toEqual([40, 40, 40, 40])
  }
  expect(sorted(sink.records)).toEqual(ALL)
})

test('a rebalance at any record loses and repeats nothing', async () => {
  for (const at of [0, 1, 7, 20, 39]) {
    const partitions = partitionedSource(LISTS)
    partitions.onRead((partition, position) => {
      if (partition === 2 && position === at) {
        partitions.onRead(() => {})
        partitions.rebalance()
      }
    })
    const { sink, run } = inLake(partitions.source)
    const result = await run()
    expect(sorted(sink.records)).toEqual(ALL)
    expect(result.tasks.map(({ total }) => total['numbers']?.in)).toEqual([40, 40, 40, 40])
  }
})

test('a streaming run that has nothing to read is still there after a rebalance', async () => {
  const partitions = partitionedSource(LISTS)
  const { sink, topology, options } = inLake(partitions.source)
  const running = run(topology, { ...options, clock: systemClock, mode: 'streaming' })
  await expect.poll(() => sorted(sink.records)).toEqual(ALL)
  for (let turn = 0; turn < 3; turn++) {
    partitions.rebalance()
    LISTS[turn]!.push(1000 + turn)
    await expect.poll(() => sink.records).toContain(1000 + turn)
    LISTS[turn]!.pop()
  }
  await running.close()
  expect(sink.records).toHaveLength(ALL.length + 3)
})

test('state that is to be dropped is dropped once, not at every rebalance', async () => {
  const partitions = partitionedSource(LISTS)
  partitions.onRead((partition, position) => {
    if (partition !== 2 || position !== 20) return
    partitions.onRead(() => {})
    partitions.rebalance()
  })
  const { sink, topology, options } = inLake(partitions.source)
  await run(topology, { ...options, dropState: ['numbers'] }).done
  expect(sorted(sink.records)).toEqual(ALL)
})

test('what was being opened when a rebalance began is closed', async () => {
  const partitions = partitionedSource(LISTS)
  let [opened, closed] = [0, 0]
  const source = withGroup(partitions.source, (assignment) => ({
    ...assignment,
    async open(partition, context) {
      if (opened++ === 0) setImmediate(partitions.rebalance)
      // Until the rebalance has begun.
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      const reader = await assignment.open(partition, context)
      return {
        ...reader,
        close: async () => {
          closed++
        },
      }
    },
  }))
  await inLake(source).run()
  expect(opened).toBeGreaterThan(LISTS.length)
  expect(closed).toBe(opened)
})

test('what was not opened yet when a rebalance began is not opened any more', async () => {
  const partitions = partitionedSource(LISTS)
  let [late, opened] = [0, 0]
  const source = withGroup(partitions.source, (assignment) => ({
    ...assignment,
    async open(partition, context) {
      opened++
      if (assignment.revoked.aborted) late++
      return assignment.open(partition, context)
    },
  }))
  const { options, sink } = inLake(source)
  // A sink that takes its time to say whether it has lost anything: until the others have it.
  let asked = 0
  const slow = {
    ...sink,
    async openPublisher(context: PublisherContext): Promise<Publisher> {
      return {
        ...(await sink.openPublisher(context)),
        async refuseLost() {
          if (asked++ > 0) return
          const before = opened
          partitions.rebalance()
          while (opened < before + LISTS.length) await new Promise(setImmediate)
        },
      }
    },
  }
  const topology = defineTopology('numbers', (flow) => ({
    out: flow.source('numbers', source).to('out', slow),
  }))
  await run(topology, options).done
  await run(topology, options).done
  // Whoever goes on in the background has its turns now.
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  expect(asked).toBeGreaterThan(LISTS.length)
  expect(late).toBe(0)
  expect(sorted(sink.records)).toEqual(ALL)
})

test('what was being prepared when its partition went to another process does not stay behind', async () => {
  const partitions = partitionedSource(LISTS)
  const { sink, options } = inLake(partitions.source)
  /** Files that are there; published ones are visible. */
  const [there, visible] = [new Set<string>(), new Set<string>()]
  const otherHasIt = Promise.withResolvers<void>()
  let other: Run | undefined
  let isLate = false
  const files = {
    ...sink,
    openWriter(context: WriterContext): Writer<number> {
      let records = 0
      return {
        write: () => void records++,
        relieve: async () => {},
        async prepare() {
          const { task, epoch, attempt } = context
          const key = `${task}/${epoch()}/${attempt()}`
          const prepared = [{ key, bytes: 0, checksum: 0, records }]
          if (task === 'numbers-1' && other === undefined) {
            // The other has cleaned up behind this one before the file is there.
            other = start()
            await otherHasIt.promise
            setImmediate(() => (isLate = true))
          }
          there.add(key)
          return prepared
        },
        close: async () => {},
      }
    },
    openPublisher: async (): Promise<Publisher> => ({
      async publish({ task, files }) {
        for (const { key } of files) visible.add(key)
        if (task === 'numbers-1') otherHasIt.resolve()
        return {}
      },
      async discard(files) {
        for (const { key } of files) there.delete(key)
      },
      async clean(task, isDead) {
        const dead = [...there].filter((key) => {
          const [of, epoch, attempt] = key.split('/') as [string, string, string]
          return of === task && isDead(Number(epoch), attempt)
        })
        for (const key of dead) there.delete(key)
        return dead.length
      },
    }),
  }
  const topology = defineTopology('numbers', (flow) => ({
    out: flow.source('numbers', partitions.source).to('out', files),
  }))
  const start = (): Run => run(topology, { ...options, mode: 'streaming' })
  const first = start()
  await expect.poll(() => isLate).toBe(true)
  // Neither claims it once more.
  await expect.poll(() => [...there].filter((key) => !visible.has(key))).toEqual([])
  await Promise.all([first.close(), other!.close()])
  expect(visible.size).toBeGreaterThan(LISTS.length)
  expect(visible).toEqual(there)
})

test('totals are those of all partitions that were read, whichever nobody has begun', async () => {
  const { source } = partitionedSource(LISTS)
  const { sink, topology, options } = inLake(
    withGroup(source, (assignment) => ({ ...assignment, partitions: [1, 2, 3] })),
  )
  const running = run(topology, { ...options, clock: systemClock, mode: 'streaming' })
  await expect.poll(() => sink.records.length).toBe(120)
  const { tasks } = await running.close()
  expect(tasks.map(({ task }) => task)).toEqual(['numbers-1', 'numbers-2', 'numbers-3'])
})

test('the failure of one partition ends the run, and the others keep what they have', async () => {
  const partitions = partitionedSource(LISTS)
  partitions.onRead((partition, position) => {
    if (partition === 1 && position === 5) throw new Error('unreadable')
  })
  const { sink, run } = inLake(partitions.source)
  await expect(run()).rejects.toThrow('unreadable')
  partitions.onRead(() => {})
  await run()
  expect(sorted(sink.records)).toEqual(ALL)
})

test('a node that was read as a whole is not read by partitions unasked, and the other way round', async () => {
  const { source } = partitionedSource(LISTS)
  const { options } = inLake(source)
  const of = (unit: Source<number>) =>
    defineTopology('numbers', (flow) => ({
      out: flow.source('numbers', unit).to('out', memorySink<number>()),
    }))
  const whole = of(memorySource([1, 2, 3]))
  const parts = of(source)
  const code = { code: 'SBX_SOURCE_CHANGED' }
  await run(whole, options).done
  await expect(run(parts, options).done).rejects.toMatchObject(code)
  await run(parts, { ...options, acceptSource: ['numbers'] }).done
  await run(parts, options).done
  await expect(run(whole, options).done).rejects.toMatchObject(code)
})

test('a node that was read by partitions is known as such by any of them', async () => {
  const { source } = partitionedSource(LISTS)
  const { sink, topology, options } = inLake(
    withGroup(source, (assignment) => ({ ...assignment, partitions: [2] })),
  )
  const running = run(topology, { ...options, clock: systemClock, mode: 'streaming' })
  await expect.poll(() => sink.records.length).toBe(40)
  await running.close()
  const whole = defineTopology('numbers', (flow) => ({
    out: flow.source('numbers', memorySource([1, 2, 3])).to('out', sink),
  }))
  await expect(run(whole, options).done).rejects.toMatchObject({
    code: 'SBX_SOURCE_CHANGED',
    message: expect.stringMatching(/by partitions before \(epoch \d+ of numbers-2/) as string,
  })
})

test('what a sink of the same topology writes is read when all of it is written', async () => {
  const lists: number[][] = [[], []]
  const { source } = partitionedSource(lists, 'topic')
  const { options } = inLake(source)
  const sink = memorySink<number>()
  const unit = memorySink<number>()
  const topic = {
    ...unit,
    writesTo: 'topic',
    openWriter: () => ({
      write: (n: number) => void lists[n % 2]!.push(n),
      relieve: async () => {},
      prepare: async () => [],
      close: async () => {},
    }),
  }
  const topology = defineTopology('fed', (flow) => ({
    out: flow.source('numbers', source).to('out', sink),
    topic: flow.source('feed', memorySource([1, 2, 3, 4, 5])).to('topic', topic),
  }))
  await run(topology, options).done
  expect(sorted(sink.records)).toEqual([1, 2, 3, 4, 5])
})
