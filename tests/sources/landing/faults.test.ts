import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { faultyDisk } from '../../faults/faultyDisk.ts'
import { landingZone } from './landingZone.ts'

it('loses, doubles and rejects no record, whichever call of the file system fails once', async () => {
  const zone = await landingZone()
  const lines = Array.from({ length: 60 }, (_, n) => JSON.stringify({ n }))
  await zone.put('a.ndjson', lines.join('\n'))
  await zone.put('b.csv', ['n', ...lines.keys()].join('\n'))
  await zone.put('sub/c.json', `[${lines.join()}]`)
  await zone.put('sub/d.ndjson.gz', gzipSync(lines.join('\n')))
  await zone.put('sub/e.ndjson', `${lines.join('\n')}\n`)
  const told = (records: readonly { source: string; offset: number; text: string }[]) =>
    records.map(({ source, offset, text }) => `${source} ${offset} ${text}`).sort()
  const counting = faultyDisk(Infinity, 'fail')
  const batches = { batchBytes: 200 }
  const whole = told((await zone.read({ disk: counting.disk }, batches)).records)
  expect(whole).toHaveLength(300)

  for (let at = 0; at < counting.calls.length; at++) {
    // A handle that was never closed would be the test's own leak.
    const isClose = counting.calls[at]!.startsWith('close')
    const { disk } = faultyDisk(at, isClose ? 'lost answer' : 'fail')
    const first = await zone.open({ disk }, batches)
    let failure: unknown
    try {
      while (await first.step());
    } catch (error) {
      failure = error
    }
    // The fault is over at once: nobody hears of it.
    expect([failure, told(first.records), first.rejects], `${counting.calls[at]}`).toEqual([
      undefined,
      whole,
      [],
    ])
    const second = await zone.read({}, { ...batches, restored: await zone.checkpoint(first) })
    expect(second.batches).toEqual([])
  }
})
