// No record is lost: what an operator turns away is a stream like any other.
//
// Ports are taken with `split`; `rejected` and `late` records that nobody takes go to the topology's
// `rejects`. A topology that would lose some does not compile.
import * as v from 'valibot'
import { decodeJson, defineTopology, filter, run, validate } from '../src/index.ts'
import { memorySink, memorySource } from '../src/index.ts'
import { quarantineTable } from '../src/parquet.ts'

const Order = v.object({ id: v.string(), amount: v.pipe(v.number(), v.minValue(0)) })
type Order = v.InferOutput<typeof Order>

const lines = [
  '{"id":"a","amount":250}',
  '{"id":"b","amount":5}',
  '{"id":"c","amount":-1}',
  'not JSON',
]
const large = memorySink<Order>()
const small = memorySink<Order>()
const refunds = memorySink<{ readonly reason: string; readonly detail: string }>()

const lake = process.argv[2] ?? './lake'
const orders = defineTopology('orders', { rejects: quarantineTable({ lake }) }, (flow) => {
  const valid = flow
    .source('lines', memorySource(lines.map((line) => Buffer.from(line))))
    .via('decode', decodeJson()) // what isn't JSON goes to the quarantine
    .split(
      'validate',
      validate(Order, { reasons: [{ reason: 'refund', paths: ['amount'], when: isNegative }] }),
    )
  valid.rejected.to('refunds', refunds) // taken: these don't go to the quarantine

  const bySize = valid.out.split(
    'by-size',
    filter((order) => order.amount >= 100),
  )
  return {
    large: bySize.out.to('large', large),
    small: bySize.filtered.to('small', small), // untaken, they would be counted and dropped
  }
})

function isNegative(amount: unknown): boolean {
  return typeof amount === 'number' && amount < 0
}

const { tasks } = await run(orders).done
console.log('large', large.records)
console.log('small', small.records)
console.log(
  'refunds',
  refunds.records.map(({ reason, detail }) => `${reason}: ${detail}`),
)
console.log('quarantined', tasks[0]?.ledger['rejects']?.in)
