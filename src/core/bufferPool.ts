/** The smallest that are lent, bytes. */
const LEAST_LOG2 = 8
/** Larger ones are not kept: one long value must not be paid for ever. */
const MOST_LOG2 = 22
/** What a thread keeps for later at most, bytes, where nothing else was said. */
const KEPT_BYTES = 24 << 20

/** For tests: what is given back is overwritten at once, and must not be given back again. */
const isPoisoned = process.env['SLUICEBOX_POISON_BUFFERS'] === '1'
const POISON = 0xdb

/** By the power of two that is their size. */
const free: Buffer[][] = Array.from({ length: MOST_LOG2 + 1 }, () => [])
let kept = 0
let most = KEPT_BYTES

/** Says how many bytes this thread keeps for later at most; without a number what it is by default. */
export function keepBuffers(bytes = KEPT_BYTES): void {
  most = bytes
}

/**
 * A buffer of this thread that nobody uses, its content arbitrary. Batches and columns take as many bytes as
 * are read: were all of that allocated, the collector would run for little else.
 *
 * @param bytes - how many are needed; it has a power of two of them, and an ArrayBuffer of its own
 */
export function takeBuffer(bytes: number): Buffer {
  const log2 = log2Of(bytes)
  const found = log2 <= MOST_LOG2 ? free[log2]!.pop() : undefined
  if (found === undefined) return Buffer.allocUnsafeSlow(2 ** log2)
  kept -= found.length
  return found
}

/** Takes back what was lent, by this thread or another; nobody may look at it any more. */
export function giveBuffer(buffer: Buffer): void {
  const log2 = log2Of(buffer.length)
  if (buffer.length !== 2 ** log2 || buffer.buffer.byteLength !== buffer.length) return
  if (log2 > MOST_LOG2 || kept + buffer.length > most) return dropBuffer(buffer.buffer)
  if (isPoisoned) poison(buffer, free[log2]!)
  kept += buffer.length
  free[log2]!.push(buffer)
}

/**
 * Gives memory back at once, which the collector would do much later, and would run the sooner for; nobody may look
 * at it any more.
 */
export function dropBuffer(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/** Another buffer of at least `bytes` with what the first `used` bytes of this one hold; this one is given back. */
export function growBuffer(buffer: Buffer, bytes: number, used: number): Buffer {
  const grown = takeBuffer(bytes)
  buffer.copy(grown, 0, 0, used)
  giveBuffer(buffer)
  return grown
}

function poison(buffer: Buffer, others: readonly Buffer[]): void {
  if (others.some((other) => other.buffer === buffer.buffer)) throw new Error('given back twice')
  buffer.fill(POISON)
}

const log2Of = (bytes: number): number =>
  Math.max(LEAST_LOG2, 32 - Math.clz32(Math.max(1, bytes) - 1))
