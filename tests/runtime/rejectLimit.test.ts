import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { GateError } from '../../src/core/errors.ts'
import { defineTopology } from '../../src/core/defineTopology.ts'
import type { Rejected } from '../../src/core/unit.ts'
import { closeLake } from '../../src/lake/openLake.ts'
import { validate } from '../../src/operators/validate.ts'
import { emptyCounts } from '../../src/runtime/ledger.ts'
import { refuseRejected } from '../../src/runtime/rejectLimit.ts'
import { run } from '../../src/runtime/run.ts'
import { systemClock } from '../../src/runtime/systemClock.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { memorySource } from '../../src/sources/memorySource.ts'

const Order = v.object({ id: v.number() })

/** Orders of which those that are text are rejected, one epoch a batch. */
function orders(values: readonly unknown[], batchRecords: number) {
  const [good, bad] = [memorySink<{ id: number }>(), memorySink<Rejected>()]
  const topology = defineTopology('orders', (flow) => {
    const source = flow.source('orders', memorySource(values, { batchRecords }))
    const checked = source.split('validate', validate(Order))
    checked.rejected.to('bad', bad)
    return { out: checked.out.to('good', good) }
  })
  return { topology, good, bad }
}
const ok = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ id: from + index }))

describe('a run with a limit', () => {
  it('stops before it commits the epoch that is beyond it, and goes on when it is raised', async () => {
    const lake = `memory:limit-${crypto.randomUUID()}`
    let ticks = Date.now()
    const options = { lake, epochMs: 1, clock: { ...systemClock, now: () => ticks++ } }
    const values = [...ok(0, 9), 'x', ...ok(9, 13), ...Array<string>(6).fill('y')]
    const { topology, good, bad } = orders(values, 10)
    const limited = { ...options, rejectLimit: { share: 0.5, minRecords: 10 } }
    const error: unknown = await run(topology, limited).done.catch((error: unknown) => error)
    expect(error).toBeInstanceOf(GateError)
    expect(error).toMatchObject({
      code: 'SBX_REJECT_LIMIT',
      node: 'orders',
      message: expect.stringMatching(
        /6 of the 10 records of epoch 3 were rejected \(60\.0 %, the limit is 50\.0 %\): invalid_field 6\. The epoch was not committed/,
      ) as string,
    })
    expect([good.records.length, bad.records.length]).toEqual([9, 1])

    const { tasks } = await run(topology, { ...options, rejectLimit: { share: 0.6 } }).done
    expect(tasks[0]?.ledger['orders']?.in).toBe(10)
    expect([good.records.length, bad.records.length]).toEqual([13, 7])
    closeLake(lake)
  })
})

describe('refuseRejected', () => {
  const ledger = (read: number, rejected: number) => ({
    in: { ...emptyCounts(), in: read, out: read },
    a: { ...emptyCounts(), in: read, rejected, late: 5, reasons: { bad: rejected, late: 5 } },
  })
  const at = (read: number, rejected: number, share: number, minRecords?: number) => () =>
    refuseRejected('in', 1, ledger(read, rejected), {
      share,
      ...(minRecords === undefined ? {} : { minRecords }),
    })

  it('lets the share itself through, and nothing above it', () => {
    expect(at(1000, 500, 0.5)).not.toThrow()
    expect(at(1000, 501, 0.5)).toThrow('501 of the 1000')
    expect(at(1000, 1, 0)).toThrow(GateError)
    expect(at(1000, 1000, 1)).not.toThrow()
  })

  it('lets an epoch of few records through', () => {
    expect(at(999, 999, 0.5)).not.toThrow()
    expect(at(9, 9, 0.5, 9)).toThrow('100.0 %')
    expect(at(0, 0, 0)).not.toThrow()
  })

  it('does not count what is late', () => {
    expect(at(1000, 0, 0)).not.toThrow()
    expect(at(1000, 600, 0.5)).toThrow(/: bad 600\. /)
  })
})
