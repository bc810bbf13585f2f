import type { RowLayout } from './rowLayout.ts'
import { FOUND, NOBODY, rowModule, type RowExports, type RowHost } from './rowModule.ts'

const FIRST_ROWS = 512
const FIRST_ITEMS = 1024
const FIRST_EXTRA = 64 << 10
/** A memory beyond this is let go of: one long record must not be paid for ever. */
const KEPT_BYTES = 16 << 20
/** Places are 32-bit numbers with a sign. */
const MOST_BYTES = 2 ** 31 - (1 << 20)
const PAGE_BYTES = 64 << 10
/** What may be read at once, and is read behind the end. */
const WIDTH = 16
/** What a text takes in a row, a list, an item of it: start and length, 32 bits each. */
const PAIR = 8
const NOTHING = Buffer.alloc(0)

/** In place of a start: there is no text. */
export const NO_TEXT = -1

/** A row of a store, in the place of a record. Valid as long as the batch that it came from is under way. */
export class StoredRow {
  readonly store: RowStore
  readonly at: number

  constructor(store: RowStore, at: number) {
    this.store = store
    this.at = at
  }
}

/**
 * The rows of one batch, column by column, without an object for any of them. They are read by WebAssembly
 * (`assembly/`), and lie in its memory beside the batch: a text is where it starts in there and how many bytes it
 * has. Filled from front to back, read, opened again for another batch.
 *
 * **State** a copy of the batch, as many rows as the largest batch had, and what texts had to be made for one
 * batch; of that 16 MiB at most when the batch is done.
 */
export class RowStore {
  readonly layout: RowLayout
  /** The batch as it came. */
  bytes: Buffer = NOTHING
  /** Where its bytes are in the memory. */
  bytesAt = 0
  /** All of the memory. */
  memory: Buffer = NOTHING
  /** Start and length by row and slot. */
  texts = new Int32Array(0)
  /** By row and slot. */
  numbers = new Float64Array(0)
  /** The first item and how many there are, by row and slot. */
  lists = new Int32Array(0)
  /** Start and length of each item of a list. */
  items = new Int32Array(0)
  count = 0
  host: RowHost = NOBODY
  #wasm: RowExports | undefined
  #program: Int32Array = new Int32Array(0)
  #rows: StoredRow[] = []
  /** How much there is room for: rows, bytes of items, bytes of texts that are made. */
  #rowRoom = FIRST_ROWS
  #itemRoom = FIRST_ITEMS * PAIR
  #extraRoom = FIRST_EXTRA
  /** The end of what is in use. */
  #top = 0
  #programAt = 0
  #textsAt = 0
  #numbersAt = 0
  #listsAt = 0
  #itemsAt = 0
  /** Numbers of rows that are gathered, and what is gathered of them. */
  #rowsAt = 0
  #rowNumberRoom = 0
  gatheredAt = 0
  #outRoom = 0

  constructor(layout: RowLayout) {
    this.layout = layout
  }

  /** Begins with the rows of another batch. */
  open(bytes: Buffer): void {
    this.bytes = bytes
    this.bytesAt = 0
    this.count = 0
  }

  /** Brings the batch into the memory, where it isn't yet, and says what its rows have in common. */
  bring(ingestedAtUs: number, prefix: Uint8Array): void {
    if (this.bytesAt > 0) return
    const { texts, numbers, lists } = this.layout
    this.#wasm ??= rowModule(this)
    this.#top = this.#wasm.FREE_AT.value
    const bytesAt = this.#take(this.bytes.length + WIDTH)
    const prefixAt = this.#take(prefix.length)
    this.#textsAt = this.#take(this.#rowRoom * texts * PAIR)
    this.#numbersAt = this.#take(this.#rowRoom * numbers * 8)
    this.#listsAt = this.#take(this.#rowRoom * lists * PAIR)
    this.#itemsAt = this.#take(this.#itemRoom)
    const extraAt = this.#take(this.#extraRoom)
    this.#rowsAt = this.#take(this.#rowNumberRoom * 4)
    this.gatheredAt = this.#take(this.#outRoom)
    this.bytesAt = bytesAt
    this.#view()
    this.bytes.copy(this.memory, bytesAt)
    this.memory.set(prefix, prefixAt)
    this.#wasm.about(ingestedAtUs, prefixAt, prefix.length)
    this.#wasm.placeItems(this.#itemsAt, 0, this.#itemsAt + this.#itemRoom)
    this.#wasm.placeExtra(extraAt, extraAt + this.#extraRoom)
    this.#program = new Int32Array(0)
  }

  /**
   * Reads the record at these bytes of the batch by a program (`rowProgram`) into the row behind the last.
   * Whoever wants to keep it pushes it.
   *
   * @returns false where it must be read another way, also where there is no memory for it
   */
  read(program: Int32Array, start: number, end: number, offset: number): boolean {
    try {
      return this.#read(program, start, end, offset)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#view()
      return false
    }
  }

  #read(program: Int32Array, start: number, end: number, offset: number): boolean {
    if (this.#program !== program) this.#load(program)
    if (this.count === this.#rowRoom) this.#growRows()
    const { bytesAt } = this
    for (;;) {
      const found = this.#wasm!.readRow(this.count, bytesAt + start, bytesAt + end, offset)
      if (found === FOUND.read) return true
      if (found === FOUND.refused) return false
      if (found === FOUND.itemsFull) this.#growItems()
      else this.#growExtra(end - start)
    }
  }

  /**
   * Writes the texts (`text`) or the items of the lists (`list`) in a slot of some rows one behind the other, each
   * behind its length, 32 bits little-endian, into the memory: from `gatheredAt` on.
   *
   * @returns how many bytes it wrote
   */
  gather(kind: 'text' | 'list', slot: number, rows: Int32Array, count: number): number {
    const { sizeOfTexts, sizeOfLists, gatherTexts, gatherLists } = this.#wasm!
    this.#lend(rows, count)
    const bytes = (kind === 'text' ? sizeOfTexts : sizeOfLists)(this.#rowsAt, count, slot)
    this.#reserveOut(bytes)
    const write = kind === 'text' ? gatherTexts : gatherLists
    write(this.#rowsAt, count, slot, this.gatheredAt)
    return bytes
  }

  /** Writes the numbers in a slot of some rows as 64-bit integers; false where one is no safe integer. */
  gatherInt64(slot: number, rows: Int32Array, count: number): boolean {
    this.#lend(rows, count)
    this.#reserveOut(count * 8)
    return this.#wasm!.gatherInt64(this.#rowsAt, count, slot, this.gatheredAt) !== 0
  }

  /** Whether the first (`least`) or the last of the texts that were gathered last is beyond this one; if so, it. */
  beyond(which: 'least' | 'most', known: Uint8Array | undefined): Uint8Array | undefined {
    const wasm = this.#wasm!
    const at = wasm[`${which}At`].value
    const end = at + wasm[`${which}Length`].value
    const order = known && this.memory.compare(known, 0, known.length, at, end)
    if (order !== undefined && (which === 'least' ? order >= 0 : order <= 0)) return undefined
    return Uint8Array.prototype.slice.call(this.memory, at, end)
  }

  #lend(rows: Int32Array, count: number): void {
    if (count > this.#rowNumberRoom) {
      this.#rowsAt = this.#take(count * 2 * 4)
      this.#rowNumberRoom = count * 2
      this.#view()
    }
    this.memory.set(new Uint8Array(rows.buffer, rows.byteOffset, count * 4), this.#rowsAt)
  }

  /** Texts are copied in whole widths: something is written behind the last one, too. */
  #reserveOut(bytes: number): void {
    if (bytes + WIDTH <= this.#outRoom) return
    const room = (bytes + WIDTH) * 2
    this.gatheredAt = this.#take(room)
    this.#outRoom = room
    this.#view()
  }

  /** Keeps the row that was filled. */
  push(): StoredRow {
    return this.row(this.count++)
  }

  row(at: number): StoredRow {
    return (this.#rows[at] ??= new StoredRow(this, at))
  }

  /** The text at such a start, as a string. */
  textAt(start: number, length: number): string {
    return this.memory.toString('utf8', start, start + length)
  }

  /** Lets a number that the host read be known. */
  keepNumber = (value: number): void => this.#wasm!.keepNumber(value)

  /** Lets go of the batch. */
  close(): void {
    this.bytes = NOTHING
    this.host = NOBODY
    if (this.memory.length <= KEPT_BYTES) return
    this.#wasm = undefined
    this.#rowRoom = FIRST_ROWS
    this.#itemRoom = FIRST_ITEMS * PAIR
    this.#extraRoom = FIRST_EXTRA
    this.#rowNumberRoom = this.#outRoom = 0
    this.#view()
  }

  #load(program: Int32Array): void {
    this.#programAt = this.#take(program.byteLength)
    this.#program = program
    this.#view()
    new Int32Array(this.memory.buffer, this.#programAt, program.length).set(program)
  }

  #growRows(): void {
    const { texts, numbers, lists } = this.layout
    const room = this.#rowRoom
    const textsAt = this.#moved(this.#textsAt, room * texts * PAIR)
    const numbersAt = this.#moved(this.#numbersAt, room * numbers * 8)
    this.#listsAt = this.#moved(this.#listsAt, room * lists * PAIR)
    this.#textsAt = textsAt
    this.#numbersAt = numbersAt
    this.#rowRoom = room * 2
    this.#view()
  }

  #growItems(): void {
    const used = this.#wasm!.itemsUsed()
    this.#itemsAt = this.#moved(this.#itemsAt, this.#itemRoom)
    this.#itemRoom *= 2
    this.#wasm!.placeItems(this.#itemsAt, used, this.#itemsAt + this.#itemRoom)
    this.#view()
  }

  /** What was made before stays where it is. */
  #growExtra(bytes: number): void {
    const more = Math.max(bytes, this.#extraRoom)
    const extraAt = this.#take(more)
    this.#extraRoom += more
    this.#wasm!.placeExtra(extraAt, extraAt + more)
    this.#view()
  }

  /** Takes twice the room, with what this one holds. */
  #moved(at: number, bytes: number): number {
    const to = this.#take(bytes * 2)
    new Uint8Array(this.#wasm!.memory.buffer).copyWithin(to, at, at + bytes)
    return to
  }

  /** Takes room behind everything else; RangeError where there is none. */
  #take(bytes: number): number {
    const at = this.#top
    const top = Math.ceil((at + bytes) / WIDTH) * WIDTH
    if (top > MOST_BYTES) throw new RangeError(`${top} bytes are too many for a batch's rows`)
    const { memory } = this.#wasm!
    const missing = top + WIDTH - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES))
    this.#top = top
    return at
  }

  /** What lies where, for both sides: a memory that grew has another buffer. */
  #view(): void {
    if (this.#wasm === undefined) {
      this.texts = this.lists = this.items = new Int32Array(0)
      this.numbers = new Float64Array(0)
      return void (this.memory = NOTHING)
    }
    const { buffer } = this.#wasm.memory
    const { texts, numbers, lists } = this.layout
    this.memory = Buffer.from(buffer)
    this.texts = new Int32Array(buffer, this.#textsAt, this.#rowRoom * texts * 2)
    this.numbers = new Float64Array(buffer, this.#numbersAt, this.#rowRoom * numbers)
    this.lists = new Int32Array(buffer, this.#listsAt, this.#rowRoom * lists * 2)
    this.items = new Int32Array(buffer, this.#itemsAt, this.#itemRoom / 4)
    this.#wasm.place(
      this.#programAt,
      ...([this.#textsAt, this.#numbersAt, this.#listsAt] as const),
      ...([texts, numbers, lists] as const),
    )
  }
}
