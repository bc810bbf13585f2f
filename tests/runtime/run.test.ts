import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import { minutes } from '../../src/core/durations.ts'
import type { Stream } from '../../src/core/topology.ts'
import type { Logger, Rejected } from '../../src/core/unit.ts'
import { memoryStore } from '../../src/lake/memoryStore.ts'
import { closeLake, presetLake } from '../../src/lake/openLake.ts'
import { filter } from '../../src/operators/filter.ts'
import { flatMap } from '../../src/operators/flatMap.ts'
import { map } from '../../src/operators/map.ts'
import { windowDedup } from '../../src/operators/windowDedup.ts'
import { run } from '../../src/runtime/run.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { systemClock } from '../../src/runtime/systemClock.ts'
import { memorySink, type MemorySink } from '../../src/sinks/memorySink.ts'
import { memorySource } from '../../src/sources/memorySource.ts'

interface Click {
  readonly user: string
  readonly at: number
}

interface Sinks {
  readonly fresh: MemorySink<string>
  readonly repeats: MemorySink<Click>
  readonly late: MemorySink<Rejected>
}

const sinks = (): Sinks => ({ fresh: memorySink(), repeats: memorySink(), late: memorySink() })

/** The sinks outlive the topology, as tables outlive a process. */
function clicks(values: readonly Click[], batchRecords: number, { fresh, repeats, late }: Sinks) {
  return defineTopology('clicks', (flow) => {
    const source = flow.source('clicks', memorySource(values, { batchRecords }))
    const dedup = source
      .via(
        'known',
        filter((click) => click.user !== 'nobody'),
      )
      .split(
        'dedup',
        windowDedup({
          key: (click) => click.user,
          eventTime: (click) => click.at,
          windowMs: minutes(10),
        }),
      )
    dedup.duplicate.to('repeats', repeats)
    dedup.late.to('late', late)
    const out = dedup.out
      .via(
        'twice',
        flatMap((click) => [click, click]),
      )
      .via(
        'text',
        map((click) => `${click.user}@${click.at}`),
      )
      .to('fresh', fresh)
    return { source, out }
  })
}

/** Ends a run right after its nth commit, as a crash would: nothing more is committed. */
function endAfter(commits: number): { signal: AbortSignal; logger: Logger } {
  const controller = new AbortController()
  let seen = 0
  const info = (event: string): void => {
    if (event === 'committed' && ++seen === commits) controller.abort()
  }
  return { signal: controller.signal, logger: { ...silentLogger, info } }
}

const click = fc.record({
  user: fc.constantFrom('a', 'b', 'c', 'd', 'nobody'),
  at: fc.integer({ min: 0, max: minutes(60) }),
})

test('any batch size, epoch size and number of restarts gives the same records', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(click, { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }),
      async (values, batchRecords, crashes) => {
        const want = sinks()
        await run(clicks(values, 1000, want)).done

        const got = sinks()
        const lake = `memory:property-${crypto.randomUUID()}`
        // A barrier behind every batch: as many places to end at as there are.
        let ticks = Date.now()
        const options = { lake, epochMs: 1, clock: { ...systemClock, now: () => ticks++ } }
        for (const commits of crashes) {
          await run(clicks(values, batchRecords, got), {
            ...options,
            ...endAfter(commits),
          }).done.catch((error: unknown) => expect(error).toMatchObject({ name: 'AbortError' }))
        }
        await run(clicks(values, batchRecords, got), options).done
        closeLake(lake)
        expect(got.fresh.records).toEqual(want.fresh.records)
        expect(got.repeats.records).toEqual(want.repeats.records)
        const fates = ({ late }: Sinks) =>
          late.records.map(({ detail, reason }) => `${reason} ${detail}`)
        expect(fates(got)).toEqual(fates(want))
      },
    ),
    { numRuns: 60 },
  )
})

test('reports what became of every record', async () => {
  const values = [
    { user: 'a', at: 0 },
    { user: 'nobody', at: 1 },
    { user: 'a', at: minutes(10) },
    { user: 'a', at: minutes(20) + 1 },
  ]
  const { tasks } = await run(clicks(values, 2, sinks())).done
  expect(tasks).toHaveLength(1)
  expect(tasks[0]!.ledger).toMatchObject({
    clicks: { in: 4, out: 4 },
    known: { in: 4, out: 3, filtered: 1 },
    dedup: { in: 3, out: 2, duplicate: 1, late: 0 },
    twice: { in: 2, consumed: 2, out: 4 },
    fresh: { in: 4 },
    repeats: { in: 1 },
  })
})

test('a changed window is refused, with the remedy, and the remedy works', async () => {
  const lake = `memory:changed-${crypto.randomUUID()}`
  const [late, fresh] = [memorySink<Rejected>(), memorySink<{ id: string; at: number }>()]
  const build = (windowMs: number) =>
    defineTopology('changed', (flow) => {
      const source = flow.source('source', memorySource([{ id: 'a', at: 1 }]))
      const dedup = windowDedup<{ id: string; at: number }>({
        key: ({ id }) => id,
        eventTime: ({ at }) => at,
        windowMs,
      })
      const ports = source.split('dedup', dedup)
      ports.late.to('late', late)
      return { out: ports.out.to('out', fresh) }
    })
  await run(build(1000), { lake }).done
  await expect(run(build(2000), { lake }).done).rejects.toMatchObject({
    code: 'SBX_STATE_CHANGED',
    node: 'dedup',
    message: expect.stringMatching(/windowMs was 1000, is 2000.*--drop-state dedup/) as string,
  })
  await run(build(2000), { lake, dropState: ['dedup'] }).done
  closeLake(lake)
})

test('state objects are all there when they are read back, however many an epoch has', async () => {
  const lake = `memory:objects-${crypto.randomUUID()}`
  const [late, sink] = [memorySink<Rejected>(), memorySink<Click>()]
  const build = (values: readonly Click[]) =>
    defineTopology('objects', (flow) => {
      const source = flow.source('source', memorySource(values))
      const dedup = (nth: number) =>
        windowDedup<Click>({
          key: ({ user }) => `${user}${nth}`,
          eventTime: ({ at }) => at,
          windowMs: minutes(10),
        })
      // Each has an object of its own.
      let last: Stream<Click> = source
      for (let nth = 1; nth <= 6; nth++) {
        const { out, late: tooLate } = last.split(`dedup${nth}`, dedup(nth))
        tooLate.to(`late${nth}`, late)
        last = out
      }
      return { out: last.to('out', sink) }
    })
  const values = [{ user: 'ada', at: 1 }]
  await run(build(values), { lake }).done
  await run(build([...values, { user: 'ada', at: 2 }, { user: 'bob', at: 3 }]), { lake }).done
  expect(sink.records.map(({ user }) => user)).toEqual(['ada', 'bob'])
  closeLake(lake)
})

test('a checkpoint is written when the state that it names is durable, however long that takes', async () => {
  const lake = `memory:slow-${crypto.randomUUID()}`
  const store = memoryStore()
  const order: string[] = []
  presetLake(lake, {
    ...store,
    async create(key, bytes) {
      const isState = key.includes('/state/')
      if (isState) await setTimeout(50)
      const created = await store.create(key, bytes)
      if (isState) order.push('state')
      else if (/\/0{11}2$/.test(key)) order.push('checkpoint')
      return created
    },
  })
  await run(clicks([{ user: 'ada', at: 1 }], 1, sinks()), { lake }).done
  expect(order).toEqual(['state', 'checkpoint'])
  closeLake(lake)
})

test.each([
  { epochMs: 0 },
  { batchBytes: -1 },
  { memoryBytes: Number.NaN },
  { memory: 'plenty' },
  { memory: '100MB' },
  { mode: 'batch' as 'streaming' },
  { acceptSource: ['click'] },
  { rejectLimit: { share: 1.1 } },
  { rejectLimit: { share: 0.5, minRecords: 0 } },
])('refuses the impossible option %o at once', (options) => {
  expect(() => run(clicks([], 1, sinks()), options)).toThrow(
    expect.objectContaining({ code: 'SBX_OPTION' }) as Error,
  )
})

test('records that reach an operator directly and through others before it are all decided on', async () => {
  const sink = memorySink<number>()
  const late = memorySink<Rejected>()
  const first = () =>
    windowDedup<number>({ key: String, eventTime: () => 0, windowMs: Number.POSITIVE_INFINITY })
  const topology = defineTopology('detours', (flow) => {
    const source = flow.source('source', memorySource([1, 2, 3, 1]))
    const a = source.split('a', first())
    const b = flow.merge('into-b', source, a.out).split('b', first())
    const c = flow.merge('into-c', a.out, b.out).split('c', first())
    flow.merge('late', a.late, b.late, c.late).to('late-sink', late)
    return { out: c.out.to('out', sink) }
  })
  const { tasks } = await run(topology).done
  expect(sink.records).toEqual([1, 2, 3])
  expect(tasks[0]!.ledger).toMatchObject({
    a: { in: 4, out: 3, duplicate: 1 },
    b: { in: 7, out: 3, duplicate: 4 },
    c: { in: 6, out: 3, duplicate: 3 },
  })
})
