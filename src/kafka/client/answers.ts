import { connect, type Socket } from 'node:net'
import type { ISocketFactory } from 'kafkajs'
import { growBuffer, takeBuffer } from '../../core/bufferPool.ts'

/** Fetched bytes that go past kafkajs. */
export interface Answers {
  /** For kafkajs; undefined for its own, where connections are encrypted. */
  readonly socketFactory: ISocketFactory | undefined
  /** The answer to a Fetch of which kafkajs hands on this. `lent` is to be given back when it is read. */
  take(payload: Buffer): { readonly bytes: Buffer; readonly lent: Buffer | undefined }
}

const FETCH_KEY = 1
/** Places in a frame: its size, in an answer then the request's id, in a request API key, version and id. */
const BEHIND_SIZE = 4
const BEHIND_ID = 8
const REQUEST_ID = 8
const REQUEST_HEAD = 12
const READ_BYTES = 128 << 10
/** Longer answers are gathered as they come, whatever they say. */
const TRUSTED_BYTES = 4 << 20
const MAX_BYTES = 2 ** 30
/** What kafkajs gets in the place of a Fetch's bytes; a true answer is longer. */
const TICKET_BYTES = 4
/** Of one connection: one that kafkajs no longer waits for is forgotten when so many more have come. */
const MAX_WAITING = 2

/**
 * Reads answers into buffers that are used again. kafkajs lets Node allocate each piece that a socket
 * reads, and joins the pieces of an answer in one more buffer: twice what is fetched, all of it for the collector.
 * So the bytes of a Fetch stay here, and kafkajs gets a ticket in their place.
 */
export function openAnswers(isEncrypted: boolean): Answers {
  const waiting = new Map<number, Buffer>()
  let tickets = 0

  /** @param own - The tickets of the same connection */
  const ticketFor = (answer: Buffer, own: number[]): Buffer => {
    const ticket = tickets++ >>> 0
    waiting.set(ticket, answer)
    own.push(ticket)
    if (own.length > MAX_WAITING) waiting.delete(own.shift()!)
    const frame = Buffer.alloc(BEHIND_ID + TICKET_BYTES)
    frame.writeInt32BE(frame.length - BEHIND_SIZE, 0)
    answer.copy(frame, BEHIND_SIZE, BEHIND_SIZE, BEHIND_ID)
    frame.writeUInt32BE(ticket, BEHIND_ID)
    return frame
  }

  return {
    socketFactory: isEncrypted
      ? undefined
      : ({ host, port, onConnect }) => {
          const fetches = new Set<number>()
          const own: number[] = []
          const frames = frameReader((frame, size) => {
            const isFetch = fetches.delete(frame.readInt32BE(BEHIND_SIZE))
            socket.emit('data', isFetch ? ticketFor(frame, own) : frame.subarray(0, size))
          })
          const read = (length: number, buffer: Uint8Array): boolean => {
            const rest = frames.feed(Buffer.from(buffer.buffer, buffer.byteOffset, length))
            if (rest !== undefined) socket.emit('data', rest)
            return true
          }
          const onread = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback: read }
          const socket: Socket = connect({ host, port, onread }, onConnect)
          socket.once('close', () => {
            for (const ticket of own) waiting.delete(ticket)
          })
          onWrite(socket, (request) => {
            if (request.length < REQUEST_HEAD) return
            if (request.readInt16BE(BEHIND_SIZE) === FETCH_KEY) {
              fetches.add(request.readInt32BE(REQUEST_ID))
            }
          })
          return socket
        },
    take(payload) {
      if (payload.length !== TICKET_BYTES) return { bytes: payload, lent: undefined }
      const ticket = payload.readUInt32BE(0)
      const lent = waiting.get(ticket)
      if (lent === undefined) throw new Error('the answer came too late')
      waiting.delete(ticket)
      return { bytes: lent.subarray(BEHIND_ID, BEHIND_SIZE + lent.readInt32BE(0)), lent }
    },
  }
}

/** Cuts what a socket reads into frames, each at the beginning of a buffer that was lent for it. */
function frameReader(onFrame: (frame: Buffer, size: number) => void) {
  let frame = takeBuffer(0)
  let filled = 0
  let isUnknown = false
  return {
    /** Copies all of it. Returns what is no frame, and from then on everything: kafkajs may judge it. */
    feed(bytes: Buffer): Buffer | undefined {
      for (let at = 0; at < bytes.length && !isUnknown;) {
        const size = filled < BEHIND_SIZE ? BEHIND_SIZE : BEHIND_SIZE + frame.readInt32BE(0)
        const to = Math.min(bytes.length, at + size - filled)
        const needed = size <= TRUSTED_BYTES ? size : filled + to - at
        if (needed > frame.length) frame = growBuffer(frame, needed, filled)
        bytes.copy(frame, filled, at, to)
        filled += to - at
        at = to
        if (filled < BEHIND_SIZE) continue
        const length = frame.readInt32BE(0)
        if (length < BEHIND_SIZE || length > MAX_BYTES) {
          isUnknown = true
          return Buffer.concat([frame.subarray(0, filled), bytes.subarray(at)])
        }
        if (filled < BEHIND_SIZE + length) continue
        const whole = frame
        frame = takeBuffer(0)
        filled = 0
        onFrame(whole, BEHIND_SIZE + length)
      }
      return isUnknown ? Buffer.from(bytes) : undefined
    },
  }
}

function onWrite(socket: Socket, look: (bytes: Buffer) => void): void {
  const write = socket.write.bind(socket) as (...written: unknown[]) => boolean
  socket.write = (...written: unknown[]): boolean => {
    if (Buffer.isBuffer(written[0])) look(written[0])
    return write(...written)
  }
}
