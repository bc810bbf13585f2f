import { hasByteOrderMark } from '../../core/framing.ts'
import type { Content } from './content.ts'

/** The first bytes of a content, enough to say what it is. */
export interface Sample {
  readonly bytes: Buffer
  /** Everything is in `bytes`. */
  readonly whole: boolean
  /** Lines in front of `bytes` were too long to be looked at. */
  readonly skipped: boolean
}

/** As many bytes are looked at, or one line if it is longer. */
const SAMPLE_BYTES = 64 * 1024
const LF = 0x0a
const BLANKS: readonly number[] = [0x20, 0x09, LF, 0x0d]

/**
 * Reads the first 64 KiB. With `maxLineBytes` > 0, more where no line ends in them, up to the end of the first
 * line that isn't longer than that; and blank ones are read over.
 */
export async function sampleHead(content: Content, maxLineBytes: number): Promise<Sample> {
  let bytes = Buffer.allocUnsafe(Math.min(SAMPLE_BYTES, content.remaining() + 1))
  let length = await content.fill(bytes, 0)
  let skipped = false
  // However many empty lines there are in front: what follows them decides.
  while (maxLineBytes > 0 && length === bytes.length && isBlank(bytes)) {
    length = await content.fill(bytes, 0)
  }
  while (maxLineBytes > 0 && length === bytes.length && bytes.indexOf(LF) === -1) {
    if (length > maxLineBytes) {
      skipped = true
      length = await skipLine(content, bytes)
    } else {
      const larger = Buffer.allocUnsafe(SAMPLE_BYTES + bytes.length * 4)
      bytes.copy(larger)
      bytes = larger
      length += await content.fill(bytes, length)
    }
  }
  const whole = length < bytes.length || (await content.fill(Buffer.alloc(1), 0)) === 0
  return { bytes: bytes.subarray(0, length), whole, skipped }
}

/** Nothing but blanks and line ends, behind a byte order mark. */
function isBlank(bytes: Buffer): boolean {
  for (let at = hasByteOrderMark(bytes) ? 3 : 0; at < bytes.length; at++) {
    if (!BLANKS.includes(bytes[at]!)) return false
  }
  return true
}

/** Reads behind the next line feed, and fills the buffer from there. */
async function skipLine(content: Content, buffer: Buffer): Promise<number> {
  for (;;) {
    const length = await content.fill(buffer, 0)
    const feed = buffer.subarray(0, length).indexOf(LF)
    if (feed !== -1) {
      buffer.copy(buffer, 0, feed + 1, length)
      const kept = length - feed - 1
      return kept + (await content.fill(buffer, kept))
    }
    if (length < buffer.length) return 0
  }
}
