import { giveBuffer, takeBuffer } from '../../core/bufferPool.ts'
import type { Content } from './content.ts'

/** A stretch of a content in memory, read ahead of whoever takes from its front. */
export interface ContentWindow {
  /** Waits for what is being read. True where the content ends with the bytes that are here now. */
  read(): Promise<boolean>
  /** What is here; one byte can be written behind it where the content has ended. */
  view(): Buffer
  /**
   * Gives the buffer with the first `cut` bytes away and begins to read more behind the others, in another
   * buffer with room for at least `room` more.
   */
  take(cut: number, room?: number): void
  /** Waits until nothing is read any more. */
  close(): Promise<void>
}

const NONE = Buffer.alloc(0)

export function contentWindow(content: Content, bytes: number): ContentWindow {
  // Batches travel to other threads with their buffers, so no two of them share one.
  // One byte more than there can be: a buffer that isn't full says that the content has ended.
  const size = (kept: number): number => Math.min(bytes, kept + content.remaining() + 1)
  const lend = (length: number): Buffer => takeBuffer(length).subarray(0, length)
  let buffer = lend(size(0))
  let length = 0
  let reading: Promise<number> | undefined

  const begin = (): void => {
    reading = content.fill(buffer, length)
    // Whoever awaits it hears of a failure; until then nobody listens.
    reading.catch(() => {})
  }
  begin()

  return {
    async read() {
      if (reading !== undefined) length += await reading
      reading = undefined
      return length < buffer.length
    },
    view: () => buffer.subarray(0, length),
    take(cut, room = 1) {
      const kept = buffer.subarray(cut, length)
      const ended = length < buffer.length
      const next = lend(Math.max(size(kept.length), kept.length + room))
      kept.copy(next)
      const old = buffer
      buffer = next
      length = kept.length
      // Given away with nothing in it, it may still hold the line end of the last record.
      if (cut === 0 && length > 0) giveBuffer(Buffer.from(old.buffer))
      if (!ended) begin()
    },
    async close() {
      await reading?.catch(() => {})
      giveBuffer(Buffer.from(buffer.buffer))
      buffer = NONE
    },
  }
}
