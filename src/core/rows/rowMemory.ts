import { growTo } from '../webAssembly.ts'
import type { RowExports } from './rowModule.ts'

/** Places are 32-bit numbers with a sign. */
const MOST_BYTES = 2 ** 31 - (1 << 20)
/** What may be read at once, and is read behind the end. */
export const WIDTH = 16

/** Hands out the memory of WebAssembly, one piece behind the other. */
export class RowMemory {
  readonly wasm: RowExports
  /** All of it: another buffer where it grew. */
  bytes: Buffer<ArrayBuffer>
  /** The end of what is in use. */
  #top: number

  constructor(wasm: RowExports) {
    this.wasm = wasm
    this.bytes = Buffer.from(wasm.memory.buffer)
    this.#top = wasm.FREE_AT.value
  }

  /** All of it is nobody's. */
  clear(): void {
    this.#top = this.wasm.FREE_AT.value
  }

  /** Takes room behind everything else; RangeError where there is none. */
  take(bytes: number): number {
    const at = this.#top
    const top = Math.ceil((at + bytes) / WIDTH) * WIDTH
    if (top > MOST_BYTES) throw new RangeError(`${top} bytes are too many for a batch's rows`)
    const { memory } = this.wasm
    if (growTo(memory, top + WIDTH)) this.bytes = Buffer.from(memory.buffer)
    this.#top = top
    return at
  }

  /** Takes twice the room, with what this one holds. */
  moved(at: number, bytes: number): number {
    const to = this.take(bytes * 2)
    this.bytes.copyWithin(to, at, at + bytes)
    return to
  }
}
