import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldIntents } from '../../../src/lake/bronze/foldIntents.ts'
import { memoryStore } from '../../../src/lake/memoryStore.ts'
import type { ObjectStore } from '../../../src/lake/objectStore.ts'
import {
  foldAll,
  foldsOn,
  hour,
  keysBelow,
  noAnswer,
  noClaims,
  NOW,
  path,
  plainLines,
  trueLines,
  waiting,
  watched,
} from './rawLake.ts'

const put = async (store: ObjectStore, key: string, text: string): Promise<void> =>
  void (await store.create(key, Buffer.from(text)))

/** Seven files of one hour: five of lines, two of rows. */
async function smallFiles(store: ObjectStore): Promise<string[]> {
  for (let n = 1; n <= 5; n++)
    await put(store, `${hour}in-${n}-1-ab-0.ndjson`, `{"a":${n}}\n{"b":${n}}\n`)
  for (let n = 1; n <= 2; n++) await put(store, `${hour}in-${n}-1-ab-1.csv`, `id,t\n${n},x\n`)
  return plainLines(store)
}

describe('folding raw files', () => {
  test('makes one file of each kind of a closed hour, with the same lines in order of their epochs', async () => {
    const store = memoryStore()
    const lines = await smallFiles(store)
    for (let n = 9; n <= 11; n++) await put(store, `${hour}in-${n}-1-ab-0.ndjson`, `{"c":${n}}\n`)
    expect(await foldAll(foldsOn(store))).toBe(2)
    const [ndjson = '', csv = '', ...others] = await keysBelow(store, `${path}/`)
    expect(others).toEqual([])
    expect(csv).toMatch(/\/folded-0000000002-[0-9a-f]{16}\.csv$/)
    expect(Buffer.from((await store.read(csv))!).toString()).toBe('id,t\n1,x\n2,x\n')
    expect(Buffer.from((await store.read(ndjson))!).toString()).toMatch(
      /"a":1[^]*"c":9[^]*"c":10[^]*"c":11/,
    )
    expect(await plainLines(store)).toEqual([...lines, '{"c":9}', '{"c":10}', '{"c":11}'].sort())
    expect(await waiting(store)).toEqual([])
    expect(await keysBelow(store, '_compaction/')).toHaveLength(1)
  })

  test('leaves alone what it must not touch', async () => {
    const store = memoryStore()
    const open = hour.replace('hour=12', 'hour=14')
    const kept = [
      `${hour}in-1-1-ab-0.json`,
      `${hour}in-1-1-ab-1.ndjson.gz`,
      `${hour}in-2-1-ab-1.ndjson.gz`,
      `${hour}in-1-1-ab-2.headless.csv`,
      `${hour}in-2-1-ab-2.headless.csv`,
      `${open}in-3-1-ab-0.ndjson`,
      `${open}in-4-1-ab-0.ndjson`,
      `${hour}named-5-1-ab-0.ndjson`,
      `${hour}alone-6-1-ab-0.ndjson`,
    ]
    for (const key of kept) await put(store, key, '1,2\n')
    await put(store, `${hour}large-1-1-ab-0.ndjson`, `${'x'.repeat(3000)}\n`)
    await put(store, `${hour}returns-1-1-ab-0.csv`, 'id\r1\r')
    await put(store, `${hour}returns-2-1-ab-0.csv`, 'id\r2\r')
    const before = await keysBelow(store, `${path}/`)
    const claims = async () => ({ ...noClaims, isNamed: (key: string) => key.includes('/named-') })
    expect(await foldAll(foldsOn(store, { claims }))).toBe(0)
    expect(await keysBelow(store, `${path}/`)).toEqual(before)
  })

  test('keeps files with different headers apart, and ends a last line that has no end', async () => {
    const store = memoryStore()
    await put(store, `${hour}a-1-1-ab-0.csv`, 'own\n0\n')
    for (let n = 1; n <= 3; n++)
      await put(store, `${hour}b-${n}-1-ab-0.csv`, `"i\nd",t\r\n${n},"x\ny"\r\n`)
    for (let n = 1; n <= 3; n++) await put(store, `${hour}c-${n}-1-ab-0.csv`, `t,id\n${n},z`)
    expect(await foldAll(foldsOn(store))).toBe(2)
    const texts = await Promise.all(
      (await keysBelow(store, `${path}/`)).map(async (key) =>
        Buffer.from((await store.read(key))!).toString(),
      ),
    )
    expect(texts.sort()).toEqual([
      '"i\nd",t\r\n1,"x\ny"\r\n2,"x\ny"\r\n3,"x\ny"\r\n',
      'own\n0\n',
      't,id\n1,z\n2,z\n3,z\n',
    ])
  })

  test('makes several files where one would be too large', async () => {
    const store = memoryStore()
    for (let n = 0; n < 8; n++)
      await put(store, `${hour}in-${n}-1-ab-0.ndjson`, `${String(n).repeat(1500)}\n`)
    const lines = await plainLines(store)
    await foldAll(foldsOn(store))
    expect(await keysBelow(store, `${path}/`)).toHaveLength(4)
    expect(await plainLines(store)).toEqual(lines)
  })

  test('looks at each hour when it has closed, and a day later at what came late', async () => {
    const store = memoryStore()
    let nowMs = NOW - 2 * 3_600_000
    const folds = foldsOn(store, { clock: { now: () => nowMs } })
    expect(await folds.step()).toBeUndefined()
    await smallFiles(store)
    expect(await folds.step()).toBeUndefined()
    nowMs = NOW
    expect(await foldAll(folds)).toBe(2)
    await put(store, `${hour}late-9-1-ab-0.ndjson`, '{"late":1}\n')
    expect(await foldAll(folds)).toBe(0)
    nowMs += 24 * 3_600_000
    expect(await foldAll(folds)).toBe(1)
  })

  test('gives up a fold whose output is gone while all its inputs are there', async () => {
    const store = memoryStore()
    const lines = await smallFiles(store)
    const dying = watched(store, async (call) => {
      if (call.startsWith('publish')) throw new Error('killed')
    })
    await expect(foldsOn(dying).step()).rejects.toThrow('killed')
    for await (const object of store.listStaged('_compaction')) await store.discard(object)
    await foldsOn(store).finish()
    expect((await foldIntents(store, path).newest())?.state).toBe('void')
    expect(await plainLines(store)).toEqual(lines)
    await foldAll(foldsOn(store))
    expect(await keysBelow(store, `${path}/`)).toHaveLength(2)
    expect(await plainLines(store)).toEqual(lines)
  })

  test('refuses to go on where the output is gone and an input too', async () => {
    const store = memoryStore()
    await smallFiles(store)
    const dying = watched(store, async (call) => {
      if (call.startsWith('remove')) throw new Error('killed')
    })
    await expect(foldsOn(dying).step()).rejects.toThrow('killed')
    for (const key of await keysBelow(store, `${path}/`)) await store.remove(key)
    await expect(foldsOn(store).finish()).rejects.toMatchObject({ code: 'SBX_RAW_INTENT' })
    await store.replace(`_compaction/${path}/0000000001`, Buffer.from('{"formatVersion":1'))
    await expect(foldsOn(store).finish()).rejects.toMatchObject({ code: 'SBX_RAW_INTENT' })
  })
})

describe('at any moment', () => {
  /** Nothing is ever lost, and whoever goes by the intent sees each line once. */
  const check = async (
    store: ObjectStore,
    lines: readonly string[],
    call: string,
  ): Promise<void> => {
    expect(await trueLines(store), call).toEqual(lines)
    expect([...new Set(await plainLines(store))], call).toEqual([...new Set(lines)])
  }

  test.each(['killed before', 'killed after', 'failed', 'no answer'] as const)(
    'a process is %s a call: the next one ends what it began',
    async (how) => {
      let tried = 0
      for (let at = 0; ; at++) {
        const store = memoryStore()
        const lines = await smallFiles(store)
        let call = -1
        const end = (name: string): Promise<never> => {
          if (how === 'failed') throw new Error(`failed: ${name}`)
          if (how === 'no answer') throw noAnswer(name)
          return new Promise(() => {})
        }
        let stopped = (): void => {}
        const over = new Promise<void>((resolve) => (stopped = resolve))
        const faulty = watched(
          store,
          async (name) => {
            call++
            if (call > at && how.startsWith('killed')) {
              stopped()
              await end(name)
            }
            if (call !== at || how === 'killed after' || how === 'no answer') return
            stopped()
            await end(name)
          },
          async (name) => {
            await check(store, lines, name)
            if (call !== at || (how !== 'killed after' && how !== 'no answer')) return
            stopped()
            await end(name)
          },
        )
        const life = foldAll(foldsOn(faulty)).catch(() => {})
        await (how.startsWith('killed') ? Promise.race([life, over]) : life)
        if (call < at) break
        tried++
        await check(store, lines, `call ${at}`)
        await foldsOn(store).finish()
        expect(await plainLines(store), `call ${at}`).toEqual(lines)
        await foldAll(foldsOn(store))
        expect(await plainLines(store)).toEqual(lines)
        expect(await keysBelow(store, `${path}/`)).toHaveLength(2)
        expect(await waiting(store)).toEqual([])
      }
      expect(tried).toBeGreaterThan(30)
    },
  )

  test('three processes fold at once, in any order of their steps', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const store = memoryStore()
        const lines = await smallFiles(store)
        const gated = () =>
          watched(
            store,
            (name) => scheduler.schedule(Promise.resolve(), name),
            (name) => check(store, lines, name),
          )
        const all = [1, 2, 3].map(() => foldAll(foldsOn(gated())))
        await scheduler.waitFor(Promise.all(all))
        await foldAll(foldsOn(store))
        expect(await plainLines(store)).toEqual(lines)
        expect(await keysBelow(store, `${path}/`)).toHaveLength(2)
        expect(await waiting(store)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})
