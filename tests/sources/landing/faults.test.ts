import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { SourceError } from '../../../src/core/errors.ts'
import type { StoredState } from '../../../src/core/unit.ts'
import { faultyDisk } from '../../faults/faultyDisk.ts'
import { landingZone } from './landingZone.ts'

it('loses and doubles no record, whichever call of the file system fails', async () => {
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
    let restored: StoredState | undefined
    let failure: unknown
    try {
      while (await first.step());
    } catch (error) {
      failure = error
    }
    // A run that fails commits nothing of what it read since the last barrier; one that ends commits all.
    if (failure === undefined) restored = await zone.checkpoint(first)
    else expect(failure).toBeInstanceOf(SourceError)
    const second = await zone.read({}, { ...batches, restored })
    const records = failure === undefined ? [...first.records, ...second.records] : second.records
    expect(told(records), `${counting.calls[at]}`).toEqual(whole)
    const reasons = first.rejects.map(({ reason }) => reason)
    expect(reasons.every((reason) => reason === 'unreadable_file')).toBe(true)
    expect(reasons.length).toBeLessThanOrEqual(1)
    expect(second.rejects).toEqual([])
  }
})
