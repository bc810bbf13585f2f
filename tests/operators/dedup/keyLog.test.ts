import { describe, expect, test } from 'vitest'
import { CheckpointError } from '../../../src/core/errors.ts'
import type { StateSnapshot } from '../../../src/core/unit.ts'
import { keyLog } from '../../../src/operators/dedup/keyLog.ts'
import { dedupDriver, type DedupDriver, type Keyed } from './dedupDriver.ts'

const PAGE = 2 ** 18

let drawn = 0
const freshKeys = (count: number, timeMs = 0): Keyed[] =>
  Array.from({ length: count }, () => [`k${drawn++}`, timeMs])
const bytesOf = (objects: Iterable<Uint8Array>): number =>
  [...objects].reduce((sum, { byteLength }) => sum + byteLength, 0)

describe('snapshots', () => {
  test('write new keys only', async () => {
    const dedup = dedupDriver({ windowMs: Infinity })
    dedup.feed(freshKeys(10_000))
    expect(bytesOf((await dedup.checkpoint()).add)).toBe(16 * 10_000)
    dedup.feed(freshKeys(10))
    const { add, keep } = await dedup.checkpoint()
    expect(bytesOf(add)).toBe(16 * 10)
    expect(keep).toHaveLength(1)
  })

  test('write nothing where nothing came, or repeats only', async () => {
    const dedup = dedupDriver({ windowMs: Infinity })
    expect((await dedup.checkpoint()).add).toEqual([])
    dedup.feed([['a', 0]])
    await dedup.checkpoint()
    dedup.feed([['a', 5]])
    const { add, keep } = await dedup.checkpoint()
    expect(add).toEqual([])
    expect(keep).toHaveLength(1)
  })

  test('hold 24 bytes a key where the window is bounded', async () => {
    const dedup = dedupDriver({ windowMs: 10 })
    dedup.feed(freshKeys(7))
    expect(bytesOf((await dedup.checkpoint()).add)).toBe(24 * 7)
  })

  test('fold small objects: few of them, each key rewritten a logarithmic number of times', async () => {
    const dedup = dedupDriver({ windowMs: Infinity })
    let written = 0
    for (let epoch = 0; epoch < 512; epoch++) {
      dedup.feed(freshKeys(20))
      written += bytesOf((await dedup.checkpoint()).add)
      expect(dedup.objects.size).toBeLessThanOrEqual(11)
    }
    expect(written).toBeLessThanOrEqual(512 * 20 * 16 * 10)
    expect(bytesOf(dedup.objects.values())).toBe(512 * 20 * 16)
  })

  test('leave full objects alone and never write a larger one', async () => {
    const { log, append, checkpoint, objects, restored } = numbered()
    for (let epoch = 0; epoch < 4; epoch++) {
      append(PAGE / 2 + 1000)
      checkpoint()
    }
    append(2 * PAGE)
    expect(log.bytes()).toBeGreaterThan(2 * PAGE * 16)
    const { add } = checkpoint()
    expect(Math.max(...add.map(({ byteLength }) => byteLength))).toBe(PAGE * 16)
    expect(objects.size).toBeLessThanOrEqual(7)
    expect(log.bytes()).toBeLessThanOrEqual(PAGE * 16)
    const before = new Set(objects.keys())
    append(PAGE - 1)
    checkpoint()
    expect([...before].filter((name) => objects.has(name)).length).toBeGreaterThanOrEqual(4)
    const numbers = await restored()
    expect(numbers.length).toBe(5 * PAGE + 3999)
    expect(numbers.every((number, i) => number === i + 1)).toBe(true)
  })

  test('end exactly with a page without writing it again', async () => {
    const { append, checkpoint, objects, restored } = numbered()
    append(PAGE)
    checkpoint()
    const [first] = objects.keys()
    append(1)
    expect(checkpoint().keep).toEqual([first])
    expect((await restored()).length).toBe(PAGE + 1)
  })

  test('go on folding after restarts, however short the runs', async () => {
    const dedup = dedupDriver({ windowMs: Infinity })
    for (let run = 0; run < 100; run++) {
      await dedup.restart()
      dedup.feed(freshKeys(10))
      await dedup.checkpoint()
      expect(dedup.objects.size).toBeLessThanOrEqual(8)
    }
    await dedup.restart()
    expect(dedup.size().keys).toBe(1000)
  })

  test('are not changed by what comes after them', async () => {
    const dedup = dedupDriver({ windowMs: Infinity })
    dedup.feed(freshKeys(3))
    const { add } = await dedup.checkpoint()
    const before = add[0]!.slice()
    dedup.feed(freshKeys(5000))
    await dedup.checkpoint()
    expect(add[0]).toEqual(before)
  })

  test('drop objects once the window has passed all their keys', async () => {
    const dedup = dedupDriver({ windowMs: 100, allowedLatenessMs: 0 })
    dedup.feed(freshKeys(1000, 0))
    await dedup.checkpoint()
    dedup.feed(freshKeys(10, 100))
    expect((await dedup.checkpoint()).keep).toHaveLength(1)
    dedup.feed(freshKeys(1, 101))
    expect((await dedup.checkpoint()).keep).toHaveLength(1)
    expect(bytesOf(dedup.objects.values())).toBe(24 * 11)
    await dedup.restart()
    expect(
      dedup.feed([
        ['late', 100],
        ['new', 101],
      ]),
    ).toEqual(['late', 'pass'])
  })

  test('keep an object as long as one key in it is needed', async () => {
    const dedup = dedupDriver({ windowMs: 100, allowedLatenessMs: 50 })
    dedup.feed([...freshKeys(100, 0), ['young', 100], ['younger', 50]])
    await dedup.checkpoint()
    dedup.feed(freshKeys(1, 250))
    await dedup.checkpoint()
    await dedup.restart()
    expect(dedup.feed([['young', 200]])).toEqual(['duplicate'])
  })
})

describe('a damaged state', () => {
  const stored = async (): Promise<DedupDriver> => {
    const dedup = dedupDriver({ windowMs: Infinity })
    dedup.feed(freshKeys(1000))
    await dedup.checkpoint()
    dedup.feed(freshKeys(10))
    await dedup.checkpoint()
    return dedup
  }
  const refused = (code: string, text: string): unknown =>
    expect.objectContaining({
      code,
      node: 'dedup',
      message: expect.stringContaining(text) as string,
    })

  test.each([
    ['with one bit flipped', (bytes: Uint8Array) => ((bytes[999]! ^= 4), bytes)],
    ['cut short', (bytes: Uint8Array) => bytes.subarray(0, -16)],
    ['empty', () => new Uint8Array()],
    ['with something behind it', (bytes: Uint8Array) => Buffer.concat([bytes, bytes])],
  ])('is refused by name: an object %s', async (_, damage) => {
    const dedup = await stored()
    const [name, bytes] = [...dedup.objects][0]!
    dedup.objects.set(name, damage(bytes))
    const restart = dedup.restart()
    await expect(restart).rejects.toBeInstanceOf(CheckpointError)
    await expect(restart).rejects.toEqual(refused('SBX_STATE_DAMAGED', `state object ${name}`))
    await expect(restart).rejects.toEqual(refused('SBX_STATE_DAMAGED', '--drop-state dedup'))
  })

  test('is refused where an object is gone', async () => {
    const dedup = await stored()
    dedup.objects.clear()
    await expect(dedup.restart()).rejects.toThrow('was deleted')
  })

  test('is refused where the checkpoint names fewer objects than it describes', async () => {
    const dedup = await stored()
    dedup.kept().objects.splice(0, 1)
    await expect(dedup.restart()).rejects.toEqual(
      refused('SBX_STATE_DAMAGED', 'describes 2 state objects and names 1'),
    )
  })

  test('objects are read wherever their bytes lie in memory', async () => {
    const dedup = await stored()
    for (const [name, bytes] of dedup.objects) {
      const shifted = Buffer.alloc(bytes.byteLength + 3)
      shifted.set(bytes, 3)
      dedup.objects.set(name, shifted.subarray(3))
    }
    await dedup.restart()
    expect(dedup.size().keys).toBe(1010)
  })
})

/** A log of the keys 1, 2, 3 …, and a store for its objects. */
function numbered() {
  const log = keyLog('dedup', false)
  const objects = new Map<string, Uint8Array>()
  const key = new Int32Array(4)
  let last = 0
  let epoch = 0
  let kept: { inline: StateSnapshot['inline']; objects: readonly string[] }
  return {
    log,
    objects,
    append(count: number) {
      for (let i = 0; i < count; i++) {
        key[0] = ++last
        log.append(key, 0, 0)
      }
    },
    checkpoint() {
      const snapshot = log.snapshot(-Infinity)
      const names = snapshot.add.map((_, index) => `${epoch}-${index}`)
      epoch++
      log.added(names)
      names.forEach((name, index) => objects.set(name, snapshot.add[index]!))
      kept = { inline: snapshot.inline, objects: [...snapshot.keep, ...names] }
      for (const name of objects.keys()) if (!kept.objects.includes(name)) objects.delete(name)
      return snapshot
    },
    async restored() {
      const numbers: number[] = []
      const read = async (name: string): Promise<Uint8Array> => objects.get(name)!
      await keyLog('dedup', false).restore({ ...kept, read }, ({ words, count }) => {
        for (let i = 0; i < count; i++) numbers.push(words[i * 4]!)
      })
      return numbers
    },
  }
}
