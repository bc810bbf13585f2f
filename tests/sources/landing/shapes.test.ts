import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Shape } from '../../../src/core/shape.ts'
import { landingZone } from './landingZone.ts'

const has =
  (...wanted: string[]) =>
  (keys: readonly string[]) =>
    wanted.every((key) => keys.includes(key))
const shapes: readonly Shape[] = [
  { name: 'tweet', format: 'ndjson', matches: has('id', 'user') },
  { name: 'rows', format: 'csv', matches: has('id', 'text') },
  { name: 'statuses', format: 'json', matches: has('id_str'), elements: ['statuses'] },
  { name: 'timeline', format: 'json', matches: has('id_str') },
  { name: 'listing', format: 'json', matches: has('kind'), elements: ['data', 'children'] },
]

describe('shapes', () => {
  it('are on every batch of a file that has one', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '{"id":1,"user":2}\nbroken\n')
    await zone.put('b.csv', '\ufeff"text",id,more\nx,1,\n')
    await zone.put('c.json', '{"meta":{"id_str":0},"statuses":[{"id_str":"1"},{"id_str":"2"}]}')
    await zone.put('d.json', '[{"id_str":"3"}]')
    await zone.put('e.json', '{\n"id_str":"4"}')
    await zone.put('f.ndjson', '{"data":{"children":[{"kind":"t3"}]}}')
    await zone.put('g.json.gz', gzipSync('{"id":5,"user":6}\n{"id":7,"user":8}\n'))
    const run = await zone.read({ shapes })
    expect(run.records.map(({ shape, text }) => `${shape} ${text}`)).toEqual([
      'tweet {"id":1,"user":2}',
      'tweet broken',
      'rows x,1,',
      'statuses {"id_str":"1"}',
      'statuses {"id_str":"2"}',
      'timeline {"id_str":"3"}',
      'timeline {\n"id_str":"4"}',
      'listing {"kind":"t3"}',
      'tweet {"id":5,"user":6}',
      'tweet {"id":7,"user":8}',
    ])
    expect(run.rejects).toEqual([])
  })

  it('show behind any number of empty lines', async () => {
    const zone = await landingZone()
    const empty = '\r\n'.repeat(100_000)
    await zone.put('a.ndjson', `\ufeff${empty}{"id":1,"user":2}\n`)
    await zone.put('b.json', `${empty} [{"id_str":"1"}]`)
    await zone.put('c.ndjson', empty)
    await zone.put('d.ndjson.gz', gzipSync(`${empty}{"id":3,"user":4}`))
    const run = await zone.read({ shapes })
    expect(run.records.map(({ shape, text }) => `${shape} ${text}`)).toEqual([
      'tweet {"id":1,"user":2}',
      'timeline {"id_str":"1"}',
      'tweet {"id":3,"user":4}',
    ])
    expect(run.rejects).toEqual([])
  })

  it('that nobody knows make the file whole one rejected record', async () => {
    const zone = await landingZone()
    const contents = {
      'a.ndjson': '{"x":1}\n{"y":2}\n',
      'b.csv': 'c,d\n1,2\n',
      'c.json': '[{"e":1}]',
      'd.json': '{"statuses":[{"f":1}],"g":2}',
      'e.ndjson.gz': gzipSync('{"h":1}\n'),
      'f.json': '[1,2]',
    }
    for (const [name, content] of Object.entries(contents)) await zone.put(name, content)
    const run = await zone.read({ shapes })
    expect(run.texts()).toEqual([])
    expect(
      run.rejects.map(({ source, reason, position, detail, raw }) => [
        source,
        `${reason} ${position}`,
        detail.replace('no known shape has the columns or keys', ''),
        Buffer.from(raw).toString(),
      ]),
    ).toEqual([
      ['a.ndjson', 'unknown_shape 0', ' x, y', contents['a.ndjson']],
      ['b.csv', 'unknown_shape 0', ' c, d', contents['b.csv']],
      ['c.json', 'unknown_shape 0', ' e', contents['c.json']],
      ['d.json', 'unknown_shape 0', ' statuses, g, f', contents['d.json']],
      ['e.ndjson.gz', 'unknown_shape 0', ' h', '{"h":1}\n'],
      [
        'f.json',
        'unknown_shape 0',
        'no columns or keys were found by which to know the shape',
        '[1,2]',
      ],
    ])
    expect(run.batches.map(({ bronze }) => bronze?.kind)).toEqual(Array(6).fill('copy'))
    const again = await zone.read({ shapes }, { restored: await zone.checkpoint(run) })
    expect(again.batches).toEqual([])
  })

  it('are decided when the file is settled, if its first lines do not tell', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '{"x":1}\n', 0)
    await zone.put('b.ndjson', 'broken\n', 0)
    const run = await zone.open({ shapes }, { mode: 'streaming' })
    await run.drain()
    expect(run.batches).toEqual([])
    await zone.append('a.ndjson', '{"id":1,"user":2}\n')
    await zone.advance(500)
    await run.drain()
    expect(run.texts()).toEqual(['{"x":1}', '{"id":1,"user":2}'])
    await zone.advance(2500)
    await run.drain()
    expect(run.texts().at(-1)).toBe('broken')
  })

  it('stay what they were when a file grows', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', 'broken\n')
    const restored = await zone.checkpoint(await zone.read({ shapes }))
    await zone.append('a.ndjson', '{"other":1}\n', 5000)
    const run = await zone.read({ shapes }, { restored })
    expect(run.records.map(({ shape }) => shape)).toEqual(['tweet'])
  })

  it('of empty documents do not matter', async () => {
    const zone = await landingZone()
    await zone.put('a.json', '{"statuses":[]}')
    await zone.put('b.json', '{"data":{"children":null}}')
    await zone.put('c.json', '[]')
    const run = await zone.read({ shapes })
    expect([run.records, run.rejects]).toEqual([[], []])
  })

  it('of a line that is too long are told by the lines behind it', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', `${'x'.repeat(300_000)}\n{"id":1,"user":2}\n`)
    await zone.put('b.ndjson', 'y'.repeat(300_000))
    const run = await zone.read({ shapes, maxRecordBytes: 1000 })
    expect(run.records.map(({ shape, text }) => [shape, text])).toEqual([
      ['tweet', '{"id":1,"user":2}'],
    ])
    expect(run.reasons()).toEqual(['too_large a.ndjson', 'too_large b.ndjson'])
  })
})
