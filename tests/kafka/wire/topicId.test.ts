import { expect, test } from 'vitest'
import { decodeTopicId, encodeTopicIdRequest } from '../../../src/kafka/wire/topicId.ts'

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const compact = (text: string): Buffer => Buffer.from([text.length + 1, ...Buffer.from(text)])
const NO_TAGS = Buffer.from([0])
const ID = Buffer.from('00112233445566778899aabbccddeeff', 'hex')

/** An answer with two brokers, one of them in a rack, and perhaps a topic. */
function answer(topic?: { readonly error: number; readonly id: Buffer }): Buffer {
  const broker = (id: number, rack: Buffer, tags: Buffer): Buffer[] => [
    ...[int32(id), compact('some-host'), int32(9092), rack, tags],
  ]
  return Buffer.concat([
    ...[NO_TAGS, int32(0), Buffer.from([3])],
    ...broker(1, Buffer.from([0]), NO_TAGS),
    // A tag of two bytes that nobody here knows.
    ...broker(2, compact('rack-a'), Buffer.from([1, 9, 2, 7, 7])),
    ...[compact('cluster'), int32(1)],
    ...(topic === undefined
      ? [Buffer.from([1])]
      : [Buffer.from([2, 0, topic.error]), compact('tweets'), topic.id, Buffer.from([0, 1])]),
  ])
}

test('finds the id behind brokers, racks and tags', () => {
  expect(decodeTopicId(answer({ error: 0, id: ID }))).toBe(ID.toString('base64url'))
})

test('finds none where there is no topic, none known, or none given', () => {
  expect(decodeTopicId(answer())).toBeUndefined()
  expect(decodeTopicId(answer({ error: 3, id: ID }))).toBeUndefined()
  expect(decodeTopicId(answer({ error: 0, id: Buffer.alloc(16) }))).toBeUndefined()
})

test('refuses an answer that is cut off', () => {
  const whole = answer({ error: 0, id: ID })
  expect(() => decodeTopicId(whole.subarray(0, 40))).toThrow(RangeError)
})

test('asks for one topic by its name, however long', () => {
  expect(encodeTopicIdRequest('tweets').toString('hex')).toBe(
    ['00', '02', '00'.repeat(16), '07', Buffer.from('tweets').toString('hex'), '0000000000'].join(
      '',
    ),
  )
  const long = 'x'.repeat(249)
  expect(encodeTopicIdRequest(long).subarray(18, 20)).toEqual(Buffer.from([0xfa, 0x01]))
})
