import { fingerprint } from '../fingerprint.ts'
import type { RowMemory } from './rowMemory.ts'
import { WIDTH } from './rowMemory.ts'
import type { RowStore } from './rowStore.ts'

/**
 * Writes what some rows of a store have in one slot one behind the other into its memory: it is there, from `at` on,
 * until the next call.
 *
 * **State** room for the largest column of a batch, twice, and for the numbers of its rows.
 */
export class RowColumns {
  /** Where the outcome is. */
  at = 0
  readonly #store: RowStore
  readonly #memory: RowMemory
  #room = 0
  /** The numbers of the rows. */
  #rowsAt = 0
  #rowsRoom = 0
  /** Those of them that have something in the slot. */
  #present = new Int32Array(0)

  constructor(store: RowStore, memory: RowMemory) {
    this.#store = store
    this.#memory = memory
  }

  /** Takes its room anew: all memory is nobody's. */
  open(): void {
    this.#rowsAt = this.#memory.take(this.#rowsRoom * 4)
    this.at = this.#memory.take(this.#room)
  }

  /**
   * Texts (`text`) or the items of lists (`list`), each behind its length, 32 bits little-endian.
   *
   * @returns how many bytes that is
   */
  gather(kind: 'text' | 'list', slot: number, rows: Int32Array, count: number): number {
    const { sizeOfTexts, sizeOfLists, gatherTexts, gatherLists } = this.#memory.wasm
    this.#lend(rows, count)
    const bytes = (kind === 'text' ? sizeOfTexts : sizeOfLists)(this.#rowsAt, count, slot)
    this.#reserve(bytes)
    const write = kind === 'text' ? gatherTexts : gatherLists
    write(this.#rowsAt, count, slot, this.at)
    return bytes
  }

  /** Whether the first (`least`) or the last of the texts that were gathered last is beyond this one; if so, it. */
  beyond(which: 'least' | 'most', known: Uint8Array | undefined): Uint8Array | undefined {
    const { wasm, bytes } = this.#memory
    const at = wasm[`${which}At`].value
    const end = at + wasm[`${which}Length`].value
    const order = known && bytes.compare(known, 0, known.length, at, end)
    if (order !== undefined && (which === 'least' ? order >= 0 : order <= 0)) return undefined
    return Uint8Array.prototype.slice.call(bytes, at, end)
  }

  /** Numbers as 64-bit integers; false where one is no safe integer. */
  gatherInt64(slot: number, rows: Int32Array, count: number): boolean {
    this.#lend(rows, count)
    this.#reserve(count * 8)
    return this.#memory.wasm.gatherInt64(this.#rowsAt, count, slot, this.at) !== 0
  }

  /** The least of the integers that were gathered last. */
  leastInteger(): number {
    return this.#memory.wasm.leastInt.value
  }

  mostInteger(): number {
    return this.#memory.wasm.mostInt.value
  }

  /**
   * A byte a row: 1 where it has a text, or a number, 0 where it has none.
   *
   * @returns the numbers of those that have one, valid until the next call
   */
  present(kind: 'text' | 'number', slot: number, rows: Int32Array, count: number): Int32Array {
    this.#lend(rows, count)
    const levels = Math.ceil(count / WIDTH) * WIDTH
    this.#reserve(levels + count * 4 + 4)
    const { textLevels, numberLevels } = this.#memory.wasm
    const write = kind === 'text' ? textLevels : numberLevels
    const kept = write(this.#rowsAt, count, slot, this.at, this.at + levels)
    if (kept === count) return rows.subarray(0, count)
    if (kept > this.#present.length) this.#present = new Int32Array(count * 2)
    this.#present.set(new Int32Array(this.#memory.bytes.buffer, this.at + levels, kept))
    return this.#present.subarray(0, kept)
  }

  /**
   * The levels of lists, a byte each: those of definition, and behind them those of repetition.
   *
   * @param highest - what an item is defined at
   * @returns how many there are of each
   */
  listLevels(slot: number, rows: Int32Array, count: number, highest: number): number {
    this.#lend(rows, count)
    const { countOfListLevels, listLevels } = this.#memory.wasm
    const levels = countOfListLevels(this.#rowsAt, count, slot)
    this.#reserve(levels * 2)
    listLevels(this.#rowsAt, count, slot, highest, this.at, this.at + levels)
    return levels
  }

  /** Fingerprints of texts, four words each, into `out` from `to` on. */
  fingerprints(slot: number, rows: Int32Array, count: number, out: Uint32Array, to: number): void {
    this.#lend(rows, count)
    this.#reserve(count * 16)
    const words = new Uint32Array(this.#memory.bytes.buffer, this.at, count * 4)
    let done = 0
    for (;;) {
      done = this.#memory.wasm.fingerprints(this.#rowsAt, done, count, slot, this.at)
      if (done >= count) break
      fingerprint(this.#store.text(slot, rows[done]!), words, done++ * 4)
    }
    out.set(words, to)
  }

  #lend(rows: Int32Array, count: number): void {
    if (count > this.#rowsRoom) {
      this.#rowsAt = this.#memory.take(count * 2 * 4)
      this.#rowsRoom = count * 2
      this.#store.view()
    }
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, count * 4)
    this.#memory.bytes.set(bytes, this.#rowsAt)
  }

  /** Texts are copied in whole widths: something is written behind the last one, too. */
  #reserve(bytes: number): void {
    if (bytes + WIDTH <= this.#room) return
    const room = (bytes + WIDTH) * 2
    this.at = this.#memory.take(room)
    this.#room = room
    this.#store.view()
  }
}
