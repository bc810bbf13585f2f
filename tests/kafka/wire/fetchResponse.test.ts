import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { decodeFetchResponse } from '../../../src/kafka/wire/fetchResponse.ts'
import { encodeFetchRequest } from '../../../src/kafka/wire/fetchRequest.ts'
import { recordBatches } from '../recordBatches.ts'

const require = createRequire(import.meta.url)

test('asks as kafkajs would', async () => {
  const fetchV10 = require('kafkajs/src/protocol/requests/fetch/v10/request.js') as (
    request: unknown,
  ) => { encode(): Promise<{ readonly buffer: Buffer }> }
  const theirs = await fetchV10({
    replicaId: -1,
    maxWaitTime: 200,
    minBytes: 1,
    maxBytes: 1000,
    isolationLevel: 1,
    topics: [
      {
        topic: 'tweets-é',
        partitions: [
          { partition: 3, fetchOffset: 2 ** 40, maxBytes: 100 },
          { partition: 0, fetchOffset: 0, maxBytes: 100 },
        ],
      },
    ],
    rackId: '',
  }).encode()
  const ours = encodeFetchRequest({
    topic: 'tweets-é',
    targets: [
      { partition: 3, offset: 2 ** 40 },
      { partition: 0, offset: 0 },
    ],
    maxWaitMs: 200,
    maxBytes: 1000,
    partitionBytes: 100,
  })
  expect(ours.toString('hex')).toBe(Buffer.from(theirs.buffer).toString('hex'))
})

test('takes an answer apart', async () => {
  const records = await recordBatches({ records: [{ offset: 7, value: Buffer.from('a') }] })
  const answer = Buffer.concat([
    ints(5, 'i16', 0, 0, 1, 'i16', 1),
    Buffer.from('t'),
    ints(3, 0, 'i16', 0, 'i64', 9, 'i64', 8, 'i64', 0, 1, 'i64', 2 ** 33, 'i64', 6),
    ints(records.length),
    records,
    ints(1, 'i16', 1, 'i64', -1, 'i64', -1, 'i64', -1, -1, -1),
    ints(2, 'i16', 0, 'i64', 4, 'i64', 4, 'i64', 0, 0, 0),
  ])
  expect(decodeFetchResponse(answer)).toEqual({
    throttleMs: 5,
    error: 0,
    partitions: [
      { partition: 0, error: 0, aborted: [{ producerId: 2 ** 33, firstOffset: 6 }], records },
      { partition: 1, error: 1, aborted: [], records: Buffer.alloc(0) },
      { partition: 2, error: 0, aborted: [], records: Buffer.alloc(0) },
    ],
  })
})

/** Big-endian integers of 32 bits, or of the width that is named before them. */
function ints(...values: readonly (number | 'i16' | 'i64')[]): Buffer {
  const parts: Buffer[] = []
  let width: 'i16' | 'i32' | 'i64' = 'i32'
  for (const value of values) {
    if (typeof value === 'string') {
      width = value
      continue
    }
    const part = Buffer.alloc({ i16: 2, i32: 4, i64: 8 }[width])
    if (width === 'i64') part.writeBigInt64BE(BigInt(value))
    else part.writeIntBE(value, 0, part.length)
    parts.push(part)
    width = 'i32'
  }
  return Buffer.concat(parts)
}
