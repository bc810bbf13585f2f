import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { giveBuffer } from '../../../src/core/bufferPool.ts'
import { openAnswers } from '../../../src/kafka/client/answers.ts'

const FETCH = 1
const METADATA = 3

/** A connection to a server that answers with these bytes, in pieces that are cut at these places. */
async function connected(answer: Buffer, cuts: readonly number[] = []) {
  const server = createServer((socket) => {
    socket.once('data', () => {
      const ends = [...cuts, answer.length]
      const send = (part: number): void => {
        if (part === ends.length) return void socket.end()
        socket.write(answer.subarray(ends[part - 1] ?? 0, ends[part]), () =>
          setImmediate(send, part + 1),
        )
      }
      socket.setNoDelay(true)
      send(0)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const answers = openAnswers(false)
  const { port } = server.address() as AddressInfo
  const onConnect = (): void => {}
  const socket = answers.socketFactory!({ host: '127.0.0.1', port, ssl: {}, onConnect })
  onTestFinished(() => void socket.destroy())
  return { answers, socket }
}

function request(apiKey: number, id: number): Buffer {
  const bytes = Buffer.alloc(14)
  bytes.writeInt32BE(10, 0)
  bytes.writeInt16BE(apiKey, 4)
  bytes.writeInt32BE(id, 8)
  return bytes
}

function frame(id: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(4 + body.length, 0)
  head.writeInt32BE(id, 4)
  return Buffer.concat([head, body])
}

async function emitted(socket: Socket): Promise<Buffer[]> {
  const all: Buffer[] = []
  socket.on('data', (bytes: Buffer) => all.push(bytes))
  await once(socket, 'end')
  return all
}

const body = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, n) => n & 0xff))

test.each([
  ['whole', []],
  ['byte by byte', Array.from({ length: 60 }, (_, n) => n + 1)],
  ['inside sizes', [2, 9, 50, 53]],
])('hands other answers on and keeps those to a Fetch, read %s', async (_, cuts) => {
  const answer = Buffer.concat([frame(8, body(40)), frame(7, body(600)), frame(9, body(3))])
  const { answers, socket } = await connected(answer, cuts)
  socket.write(Buffer.concat([request(METADATA, 8)]))
  socket.write(request(FETCH, 7))
  socket.write(request(METADATA, 9))
  const [first, ticket, last, ...more] = await emitted(socket)

  expect([first, last]).toEqual([frame(8, body(40)), frame(9, body(3))])
  expect(more).toEqual([])
  expect(ticket!.readInt32BE(0)).toBe(ticket!.length - 4)
  expect(ticket!.readInt32BE(4)).toBe(7)
  const { bytes, lent } = answers.take(ticket!.subarray(8))
  expect(Buffer.compare(bytes, body(600))).toBe(0)
  giveBuffer(lent!)
  expect(() => answers.take(ticket!.subarray(8))).toThrow('too late')
})

test('gathers answers of many megabytes', async () => {
  const large = Buffer.alloc(11_000_000, 'sluicebox')
  const { answers, socket } = await connected(frame(1, large))
  socket.write(request(FETCH, 1))
  const [ticket] = await emitted(socket)
  expect(answers.take(ticket!.subarray(8)).bytes.equals(large)).toBe(true)
})

test('hands on what is no answer, from there on as it comes', async () => {
  const { socket } = await connected(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), [6, 11])
  socket.write(request(FETCH, 1))
  expect(Buffer.concat(await emitted(socket)).toString()).toBe('HTTP/1.1 400 Bad Request\r\n\r\n')
})

test('forgets answers that nobody takes', async () => {
  const ids = Array.from({ length: 40 }, (_, id) => id)
  const { answers, socket } = await connected(Buffer.concat(ids.map((id) => frame(id, body(20)))))
  for (const id of ids) socket.write(request(FETCH, id))
  const tickets = await emitted(socket)
  expect(() => answers.take(tickets[0]!.subarray(8))).toThrow('too late')
  expect(answers.take(tickets[39]!.subarray(8)).bytes).toEqual(body(20))
})

test('leaves a true answer and encrypted connections as they are', () => {
  const { take } = openAnswers(false)
  expect(take(body(30))).toEqual({ bytes: body(30), lent: undefined })
  expect(openAnswers(true).socketFactory).toBeUndefined()
})
