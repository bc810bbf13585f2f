import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { landingZone } from './landingZone.ts'

describe('a file that is not settled', () => {
  it('gives its whole records at once while streaming, and the open one when it is settled', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2\n3', 0)
    await zone.put('b.csv', 'id\n"x\n', 0)
    const run = await zone.open({}, { mode: 'streaming' })
    expect((await run.drain()).texts()).toEqual(['1', '2'])
    await zone.advance(1999)
    expect((await run.drain()).texts()).toEqual(['1', '2'])
    await zone.advance(501)
    expect((await run.drain()).texts()).toEqual(['1', '2', '3', '"x\n'])
  })

  it('is waited for by a micro-batch, before any file behind it', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2', 0)
    await zone.put('b.ndjson', '4\n')
    zone.later(1500, () => zone.append('a.ndjson', '\n3\n'))
    expect((await zone.read()).texts()).toEqual(['1', '2', '3', '4'])
    expect(zone.logs).toEqual([])
  })

  it('that may only grow does not hold up those behind it, and is looked at again', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n', 0)
    await zone.put('b.ndjson', '2\n')
    zone.later(1500, () => zone.append('a.ndjson', '3\n'))
    expect((await zone.read()).texts()).toEqual(['1', '2', '3'])
  })

  it.each(['a.json', 'a.ndjson.gz'])('%s is taken whole when it is settled', async (name) => {
    const zone = await landingZone()
    const whole = Buffer.from('[1,\n2,3]')
    const content = name.endsWith('.gz') ? gzipSync('1\n2\n3') : whole
    await zone.put(name, content.subarray(0, 6), 0)
    await zone.put('b.ndjson', '4\n')
    zone.later(1900, () => zone.append(name, content.subarray(6)))
    const run = await zone.read()
    expect(run.texts()).toEqual(['1', '2', '3', '4'])
    expect(run.rejects).toEqual([])
  })

  it('that never settles is left for the next run, which goes on where this one was', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '0\n1', 0)
    await zone.put('b.ndjson', 'b\n')
    for (let second = 1; second <= 14; second++) {
      zone.later(second * 1000, () => zone.append('a.ndjson', '1'))
    }
    const startMs = zone.now()
    const run = await zone.read()
    expect(zone.now() - startMs).toBeLessThan(12_000)
    expect(run.texts()).toEqual(['0', 'b'])
    expect(zone.logs).toEqual(['landing_unsettled a.ndjson'])
    const restored = await zone.checkpoint(run)
    await zone.advance(10_000)
    expect((await zone.read({}, { restored })).texts()).toEqual(['1'.repeat(15)])
  })

  it('with a time in the future settles by being watched', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2', -3_600_000)
    expect((await zone.read()).texts()).toEqual(['1', '2'])
  })

  it('that is deleted leaves the checkpoint, and goes on when it is back', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2', 0)
    const run = await zone.open({}, { mode: 'streaming' })
    await run.drain()
    expect((await run.reader.position()).inline).not.toBeNull()
    await rm(join(zone.folder, 'a.ndjson'))
    await zone.advance(500)
    await run.drain()
    expect((await run.reader.position()).inline).toBeNull()
    await zone.put('a.ndjson', '1\n2')
    const restored = await zone.checkpoint(run)
    expect((await zone.read({}, { restored })).texts()).toEqual(['2'])
  })

  it('that is deleted is waited for no longer', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2', 0)
    zone.later(500, () => rm(join(zone.folder, 'a.ndjson')))
    const startMs = zone.now()
    expect((await zone.read()).texts()).toEqual(['1'])
    expect(zone.now() - startMs).toBeLessThan(1000)
  })
})

describe('a file that was read before', () => {
  const restart = async (
    zone: Awaited<ReturnType<typeof landingZone>>,
    change: () => Promise<void>,
  ) => {
    const restored = await zone.checkpoint(await zone.read())
    await change()
    const run = await zone.read({}, { restored })
    return { run, restored: await zone.checkpoint(run) }
  }

  it('gives what was added to it alone', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2\n')
    await zone.put('b.csv', 'id,x\n1,a\n')
    await zone.put('c.ndjson.gz', gzipSync('1\n2\n'))
    await zone.put('d.ndjson', '[\n1]')
    const { run } = await restart(zone, async () => {
      await zone.append('a.ndjson', '3\n', 5000)
      await zone.append('b.csv', '2,"b\n"', 5000)
      await zone.append('c.ndjson.gz', gzipSync('3\n'), 5000)
      await zone.append('d.ndjson', '\n{"late":1}\n', 5000)
    })
    expect(run.records.map(({ source, text, offset }) => [source, text, offset])).toEqual([
      ['a.ndjson', '3', 4],
      ['b.csv', '2,"b\n"', 9],
      ['c.ndjson.gz', '3', 4],
      ['d.ndjson', '{"late":1}', 5],
    ])
    expect(zone.logs).toEqual([])
  })

  it('gives what was added while the source is open', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n')
    const run = await zone.open({}, { mode: 'streaming' })
    await run.drain()
    for (const line of ['2\n', '3', '4\n', '5\n']) {
      await zone.append('a.ndjson', line)
      await zone.advance(500)
      await run.drain()
    }
    expect(run.texts()).toEqual(['1', '2', '34', '5'])
  })

  it('goes on behind a last record that had no line end', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2')
    const { run } = await restart(zone, () => zone.append('a.ndjson', '\n3\n', 5000))
    expect(run.texts()).toEqual(['3'])
  })

  it('reads the header again where the file ended with it', async () => {
    const zone = await landingZone()
    await zone.put('a.csv', 'id,te')
    const { run } = await restart(zone, () => zone.append('a.csv', 'xt\n1,x\n', 5000))
    expect(run.batches[0]?.header).toEqual(['id', 'text'])
    expect(run.texts()).toEqual(['1,x'])
  })

  it.each([
    ['changed in front', 'x\n2\n3\n'],
    ['shorter', '9\n'],
    ['changed at its end', '1\n7\n'],
  ])('is a new file when it is %s', async (_, content) => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2\n')
    const { run } = await restart(zone, () => zone.put('a.ndjson', content, 5000))
    expect(run.texts()).toEqual(content.trim().split('\n'))
    expect(zone.logs).toEqual(['landing_replaced a.ndjson'])
  })

  it('gives nothing when only its time has changed, and is not read a third time', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2\n')
    const { run, restored } = await restart(zone, () => zone.touch('a.ndjson', 5000))
    expect(run.batches).toEqual([])
    const again = await zone.open({}, { restored })
    await again.drain()
    expect((await again.reader.position()).add).toEqual([])
  })

  it('that lost its last open record to a better one is no other file', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2', 0)
    const run = await zone.open({}, { mode: 'streaming' })
    await run.drain()
    await zone.put('a.ndjson', '1\n3\n', 0)
    await zone.advance(500)
    expect((await run.drain()).texts()).toEqual(['1', '3'])
    expect(zone.logs).toEqual([])
  })

  it('is read on in one process however large it is', async () => {
    const zone = await landingZone()
    const line = `${'x'.repeat(1023)}\n`
    await zone.put('a.ndjson', line.repeat(9 * 1024), 0)
    const run = await zone.open({}, { mode: 'streaming', batchBytes: 1024 * 1024 })
    await run.drain()
    expect(run.records).toHaveLength(9 * 1024)
    await zone.append('a.ndjson', 'more\n')
    await zone.advance(500)
    await run.drain()
    expect(run.records.at(-1)?.text).toBe('more')
    expect(run.records).toHaveLength(9 * 1024 + 1)
    // The end before the position is other bytes now.
    await zone.put('a.ndjson', `${line.repeat(9 * 1024)}MORE\nnew\n`, 0)
    await zone.advance(500)
    await run.drain()
    expect(run.records).toHaveLength(2 * 9 * 1024 + 3)
    expect(zone.logs).toEqual(['landing_replaced a.ndjson'])
  })
})

describe('a re-delivery', () => {
  it('gives nothing, and is remembered', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2\n')
    await zone.put('b.ndjson', '1\n2\n')
    await zone.put('c.ndjson', '1\n3\n')
    const run = await zone.read()
    expect(run.texts()).toEqual(['1', '2', '1', '3'])
    expect(zone.logs).toEqual(['landing_redelivered b.ndjson'])
    const restored = await zone.checkpoint(run)
    await zone.put('d.ndjson', '1\n3\n')
    await zone.append('b.ndjson', '4\n', 5000)
    const second = await zone.read({}, { restored })
    expect(second.texts()).toEqual(['4'])
    expect(zone.logs.slice(1)).toEqual(['landing_redelivered d.ndjson'])
  })

  it.each([
    ['a.csv', 'id\n1\n'],
    ['a.json', '[1,2]'],
    ['a.ndjson.gz', gzipSync('1\n')],
  ])('of %s gives nothing', async (name, content) => {
    const zone = await landingZone()
    await zone.put(name, content)
    const first = await zone.read()
    expect(first.records.length).toBeGreaterThan(0)
    await zone.put(`again/${name}`, content)
    const second = await zone.read({}, { restored: await zone.checkpoint(first) })
    expect(second.batches).toEqual([])
    expect(zone.logs).toEqual([`landing_redelivered again/${name}`])
  })

  it('is known when the file was moved, or replaced since', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2\n')
    await zone.put('b.ndjson', '3\n')
    const first = await zone.read()
    await rename(join(zone.folder, 'a.ndjson'), join(zone.folder, 'z.ndjson'))
    await rename(join(zone.folder, 'b.ndjson'), join(zone.folder, 'c.ndjson'))
    await zone.put('a.ndjson', '5\n')
    const second = await zone.read({}, { restored: await zone.checkpoint(first) })
    expect(second.texts()).toEqual(['5'])
    await zone.put('y.ndjson', '1\n2\n')
    expect((await zone.read({}, { restored: await zone.checkpoint(second) })).texts()).toEqual([])
  })

  it('is none of a file that was read in part only', async () => {
    const zone = await landingZone()
    await zone.put('a.ndjson', '1\n2', 0)
    const run = await zone.open({}, { mode: 'streaming' })
    await run.drain()
    await zone.put('b.ndjson', '1\n2')
    await zone.advance(500)
    expect((await run.drain()).texts()).toEqual(['1', '1', '2'])
  })
})

describe('streaming', () => {
  it('takes a new file within a poll', async () => {
    const zone = await landingZone()
    const run = await zone.open({}, { mode: 'streaming' })
    expect(await run.step()).toBe(false)
    await zone.put('new/a.ndjson', '1\n', 0)
    await zone.advance(500)
    expect((await run.drain()).texts()).toEqual(['1'])
  })

  it('asks finished files in turns, once there are very many', async () => {
    const zone = await landingZone()
    const name = (n: number) => `${String(n).padStart(5, '0')}.ndjson`
    const numbers = Array.from({ length: 2100 }, (_, n) => n)
    await Promise.all(numbers.map((n) => zone.put(name(n), `${n}\n`)))
    const run = await zone.open({}, { mode: 'streaming' })
    await run.drain()
    expect(run.records).toHaveLength(2100)
    for (const n of [0, 2099]) await zone.append(name(n), 'more\n', 5000)
    for (let poll = 0; poll < 3; poll++) {
      await zone.advance(500)
      await run.drain()
    }
    expect(run.records).toHaveLength(2102)
  })
})
