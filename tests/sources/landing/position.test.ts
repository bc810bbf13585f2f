import fc from 'fast-check'
import { rm } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../../../src/core/errors.ts'
import type { Shape } from '../../../src/core/shape.ts'
import { landingZone, type Run } from './landingZone.ts'

const shapes: readonly Shape[] = [
  { name: 'line', format: 'ndjson', matches: (keys) => keys.includes('n') },
  { name: 'row', format: 'csv', matches: (keys) => keys.includes('n') },
  { name: 'element', format: 'json', matches: (keys) => keys.includes('n'), elements: ['items'] },
]

/** A landing zone with everything in it that a position may stand inside of. */
async function mixedZone() {
  const zone = await landingZone()
  const lines = Array.from({ length: 40 }, (_, n) => JSON.stringify({ n, x: 'é\\n'.repeat(n % 7) }))
  const long = JSON.stringify({ n: 'long', x: 'y'.repeat(700) })
  const rows = lines.map((line, n) => `${n},"${line.replaceAll('"', '""')}\n"`)
  const contents = {
    'a.ndjson': [...lines, long, '', ...lines].join('\n'),
    'b.csv': ['n,text', ...rows, `1,"${'z'.repeat(900)}\n"`, ...rows].join('\r\n'),
    'c.json': `{"items":[${[...lines, long, ...lines].join(' ,\n')}], "n": 1}`,
    'd.ndjson.gz': gzipSync([long, ...lines].join('\n')),
    'e.csv.gz': gzipSync(['n', ...rows].join('\n')).subarray(0, -6),
    'f.json.gz': gzipSync(`{"items":[${lines.join()}]}`),
    'g.csv': 'n\r1\r"2\r3"\r4',
    'h.ndjson': lines.join('\n') + lines.join('\n'),
    'i.csv': 'other\n1\n',
    'j/k.ndjson': [...lines, long, '', ...lines].join('\n'),
  }
  for (const [name, content] of Object.entries(contents)) await zone.put(name, content)
  return zone
}

const told = (runs: readonly Run[]): unknown[] => [
  ...runs.flatMap(({ records }) => records.map((record) => Object.values(record).join(' | '))),
  ...runs.flatMap(({ rejects }) =>
    rejects.map(({ source, reason, position, raw, detail }) =>
      [source, reason, position, detail, Buffer.from(raw).toString('latin1')].join(' | '),
    ),
  ),
]

describe('the position', () => {
  it('gives the same records for any batch size and restarts anywhere', async () => {
    const zone = await mixedZone()
    const options = { shapes, maxRecordBytes: 600 }
    const whole = told([await zone.read(options, { batchBytes: 1_000_000 })])
    expect(whole.length).toBeGreaterThan(400)
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 3000 }),
        fc.array(fc.nat(40), { maxLength: 4 }),
        async (batchBytes, stops) => {
          const runs: Run[] = []
          let restored
          for (const stop of [...stops, Infinity]) {
            const run = await zone.open(options, { batchBytes, restored })
            runs.push(run)
            for (let batch = 0; batch < stop && (await run.step()); batch++);
            restored = await zone.checkpoint(run)
            await run.reader.close()
          }
          expect(told(runs)).toEqual(whole)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('says that nothing moved where nothing was read', async () => {
    const zone = await mixedZone()
    const first = await zone.read()
    const restored = await zone.checkpoint(first)
    const run = await zone.read({}, { restored })
    expect(run.batches).toEqual([])
    const { inline, add, keep } = await run.reader.position()
    expect([inline, add, keep]).toEqual([restored.inline, [], restored.objects])
  })

  it('holds files in progress itself, and finished ones in objects', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n')
    await zone.put('b.ndjson', '2\n'.repeat(2000))
    const run = await zone.open()
    await run.step()
    await run.step()
    const { inline, add } = await run.reader.position()
    expect(inline).toMatchObject({ formatVersion: 2, files: [{ path: 'b.ndjson', at: 1024 }] })
    expect(add?.map((object) => Buffer.from(object).toString())).toEqual([
      expect.stringContaining('a.ndjson'),
    ])
    await run.drain()
    expect((await run.reader.position()).inline).toBeNull()
  })

  it('offers the same objects again until they were stored', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n')
    const { reader } = await zone.read()
    const first = await reader.position()
    expect(await reader.position()).toEqual(first)
    reader.added?.(['x'])
    expect(await reader.position()).toMatchObject({ add: [], keep: ['x'] })
  })

  it('adds little a checkpoint and names few objects, however many files there are', async () => {
    const zone = await landingZone()
    const numbers = Array.from({ length: 300 }, (_, n) => n)
    await Promise.all(numbers.map((n) => zone.put(`${n}.ndjson`, `${n}\n`)))
    const run = await zone.open()
    let written = 0
    let most = 0
    let restored
    while (await run.step()) {
      const { add = [], keep = [] } = await run.reader.position()
      written += add.reduce((sum, object) => sum + object.length, 0)
      most = Math.max(most, add.length + keep.length)
      restored = await zone.checkpoint(run)
    }
    restored = await zone.checkpoint(run)
    expect(most).toBeLessThanOrEqual(8)
    expect(written / 300).toBeLessThan(150 * 9)
    expect((await zone.read({}, { restored })).batches).toEqual([])
  })

  it('keeps the newest state of a file that finished again and again', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '0\n')
    await zone.put('b.ndjson', 'b\n')
    let restored = await zone.checkpoint(await zone.read())
    for (const line of ['1', '2', '3', '4', '5']) {
      await zone.append('a.ndjson', `${line}\n`, 5000)
      const run = await zone.read({}, { restored })
      expect(run.texts()).toEqual([line])
      restored = await zone.checkpoint(run)
      expect(restored.objects.length).toBeLessThanOrEqual(2)
    }
  })

  it('forgets no file that is gone', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n')
    const restored = await zone.checkpoint(await zone.read())
    await rm(`${zone.folder}/a.ndjson`)
    const run = await zone.read({}, { restored })
    await zone.put('b.ndjson', '1\n')
    expect((await zone.read({}, { restored: await zone.checkpoint(run) })).batches).toEqual([])
  })

  it.each([
    ['cut off', (text: string) => text.slice(0, -20)],
    ['without its last file', (text: string) => text.trimEnd().split('\n').slice(0, -1).join('\n')],
    ['of another format', (text: string) => text.replace('"formatVersion":2', '"formatVersion":9')],
    ['of something else', () => 'PAR1'],
    ['with a file that is none', (text: string) => text.replace('"size"', '"sise"')],
  ])('is refused by name when an object of it is %s', async (_, damage) => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n')
    await zone.put('b.ndjson', '2\n')
    const restored = await zone.checkpoint(await zone.read())
    const read = async (name: string) =>
      Buffer.from(damage(Buffer.from(await restored.read(name)).toString()))
    const opening = zone.open({}, { restored: { ...restored, read } })
    await expect(opening).rejects.toBeInstanceOf(CheckpointError)
    await expect(opening).rejects.toMatchObject({ code: 'SBX_LANDING_POSITION' })
    await expect(opening).rejects.toThrow(/object 0, which is damaged/)
  })

  it('is refused when it is another source’s', async () => {
    const zone = await landingZone()
    const read = async () => new Uint8Array(0)
    for (const inline of [7, { offsets: [1] }, { formatVersion: 2, files: [{ path: 'a' }] }]) {
      const opening = zone.open({}, { restored: { inline, objects: [], read } })
      await expect(opening).rejects.toBeInstanceOf(CheckpointError)
    }
  })
})
