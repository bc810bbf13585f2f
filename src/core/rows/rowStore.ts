import type { FramedBatch } from '../framedBatch.ts'
import { webAssembly } from '../webAssembly.ts'
import type { RowLayout } from './rowLayout.ts'
import { RowColumns } from './rowColumns.ts'
import { RowMemory, WIDTH } from './rowMemory.ts'
import { FOUND, NOBODY, rowModule, type RowHost } from './rowModule.ts'

const FIRST_ROWS = 512
const FIRST_ITEMS = 1024
const FIRST_EXTRA = 64 << 10
/** A memory beyond this is let go of: one long record must not be paid for ever. */
const KEPT_BYTES = 16 << 20
/** What a text takes in a row, a list, an item of it: start and length, 32 bits each. */
const PAIR = 8
const NOTHING = Buffer.alloc(0)

/** In place of a start: there is no text. */
export const NO_TEXT = -1

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
  #room: RowMemory | undefined
  #columns: RowColumns | undefined
  #program: Int32Array = new Int32Array(0)
  /** Where the records lie in the batch. */
  #bounds: Uint32Array = new Uint32Array(0)
  /** How much there is room for: rows, bytes of items, bytes of texts that are made. */
  #rowRoom = FIRST_ROWS
  #itemRoom = FIRST_ITEMS * PAIR
  #extraRoom = FIRST_EXTRA
  #programAt = 0
  #textsAt = 0
  #numbersAt = 0
  #listsAt = 0
  #itemsAt = 0

  constructor(layout: RowLayout) {
    this.layout = layout
  }

  /** All of the memory. */
  get memory(): Buffer {
    return this.#room?.bytes ?? NOTHING
  }

  /** What some of its rows have, column by column; there is a batch. */
  get columns(): RowColumns {
    return this.#columns!
  }

  /** Begins with the rows of another batch. */
  open(bytes: Buffer): void {
    this.bytes = bytes
    this.bytesAt = 0
    this.count = 0
  }

  /** Brings the batch into the memory, where it isn't yet, and says what its rows have in common. */
  bring({ batch, bounds }: FramedBatch, prefix: Uint8Array): void {
    if (this.bytesAt > 0) return
    const { texts, numbers, lists } = this.layout
    const room = (this.#room ??= new RowMemory(rowModule(this)))
    this.#columns ??= new RowColumns(this, room)
    room.clear()
    const bytesAt = room.take(this.bytes.length + WIDTH)
    const prefixAt = room.take(prefix.length)
    const boundsAt = room.take(bounds.length * 4)
    const { offsets, framing, baseOffset } = batch
    const offsetsAt = offsets === undefined ? 0 : room.take(bounds.length * 4)
    this.#textsAt = room.take(this.#rowRoom * texts * PAIR)
    this.#numbersAt = room.take(this.#rowRoom * numbers * 8)
    this.#listsAt = room.take(this.#rowRoom * lists * PAIR)
    this.#itemsAt = room.take(this.#itemRoom)
    const extraAt = room.take(this.#extraRoom)
    this.#columns.open()
    this.bytesAt = bytesAt
    this.view()
    this.bytes.copy(this.memory, bytesAt)
    this.memory.set(prefix, prefixAt)
    new Uint32Array(this.memory.buffer, boundsAt).set(bounds)
    if (offsets !== undefined) new Float64Array(this.memory.buffer, offsetsAt).set(offsets)
    room.wasm.placeBatch(bytesAt, boundsAt, offsetsAt, baseOffset, framing === 'bounds')
    room.wasm.about(batch.ingestedAtMs * 1000, prefixAt, prefix.length)
    room.wasm.placeItems(this.#itemsAt, 0, this.#itemsAt + this.#itemRoom)
    room.wasm.placeExtra(extraAt, extraAt + this.#extraRoom)
    this.#program = new Int32Array(0)
    this.#bounds = bounds
  }

  /**
   * Reads records of the batch, from number `from` up to `to`, by a program (`rowProgram`) into the rows behind the
   * last.
   *
   * @returns how many: those before one that must be read another way, also where there is no memory for it or a
   *   schema's own check throws
   */
  read(program: Int32Array, from: number, to: number): number {
    const before = this.count
    try {
      if (this.#program !== program) this.#load(program)
      while (this.#readSome(from + this.count - before, to));
    } catch (error) {
      if (error instanceof webAssembly!.RuntimeError) throw error
      // Whoever reads it another way meets what was thrown.
      this.view()
    }
    return this.count - before
  }

  /** False where that was all, or where one can't be read. */
  #readSome(from: number, to: number): boolean {
    if (this.count === this.#rowRoom) this.#growRows()
    const end = Math.min(to, from + this.#rowRoom - this.count)
    const { readRows, rowsRead } = this.#room!.wasm
    const before = this.count
    let found: number
    try {
      found = readRows(before, from, end)
    } finally {
      this.count += rowsRead.value
    }
    if (found === FOUND.read) return end < to
    if (found === FOUND.refused) return false
    if (found === FOUND.itemsFull) this.#growItems()
    else this.#growExtra(this.#bytesOf(from + this.count - before))
    return true
  }

  /** The text in a slot of a row, as a string; there must be one. */
  text(slot: number, row: number): string {
    const place = (row * this.layout.texts + slot) * 2
    return this.textAt(this.texts[place]!, this.texts[place + 1]!)
  }

  /** The text at such a start, as a string. */
  textAt(start: number, length: number): string {
    return this.memory.toString('utf8', start, start + length)
  }

  /** Lets a number that the host read be known. */
  keepNumber = (value: number): void => this.#room!.wasm.keepNumber(value)

  /** Lets go of the batch. */
  close(): void {
    this.bytes = NOTHING
    this.host = NOBODY
    this.#bounds = new Uint32Array(0)
    if (this.memory.length <= KEPT_BYTES) return
    this.#room = this.#columns = undefined
    this.#rowRoom = FIRST_ROWS
    this.#itemRoom = FIRST_ITEMS * PAIR
    this.#extraRoom = FIRST_EXTRA
    this.view()
  }

  #load(program: Int32Array): void {
    this.#programAt = this.#room!.take(program.byteLength)
    this.#program = program
    this.view()
    new Int32Array(this.memory.buffer, this.#programAt, program.length).set(program)
  }

  #growRows(): void {
    const { texts, numbers, lists } = this.layout
    const room = this.#rowRoom
    const textsAt = this.#room!.moved(this.#textsAt, room * texts * PAIR)
    const numbersAt = this.#room!.moved(this.#numbersAt, room * numbers * 8)
    this.#listsAt = this.#room!.moved(this.#listsAt, room * lists * PAIR)
    this.#textsAt = textsAt
    this.#numbersAt = numbersAt
    this.#rowRoom = room * 2
    this.view()
  }

  #growItems(): void {
    const used = this.#room!.wasm.itemsUsed()
    this.#itemsAt = this.#room!.moved(this.#itemsAt, this.#itemRoom)
    this.#itemRoom *= 2
    this.#room!.wasm.placeItems(this.#itemsAt, used, this.#itemsAt + this.#itemRoom)
    this.view()
  }

  #bytesOf(record: number): number {
    return this.#bounds[record * 2 + 1]! - this.#bounds[record * 2]!
  }

  /** What was made before stays where it is. */
  #growExtra(bytes: number): void {
    const more = Math.max(bytes, this.#extraRoom)
    const extraAt = this.#room!.take(more)
    this.#extraRoom += more
    this.#room!.wasm.placeExtra(extraAt, extraAt + more)
    this.view()
  }

  /** What lies where, for both sides: a memory that grew has another buffer. */
  view(): void {
    if (this.#room === undefined) {
      this.texts = this.lists = this.items = new Int32Array(0)
      this.numbers = new Float64Array(0)
      return
    }
    const { buffer } = this.#room.bytes
    const { texts, numbers, lists } = this.layout
    this.texts = new Int32Array(buffer, this.#textsAt, this.#rowRoom * texts * 2)
    this.numbers = new Float64Array(buffer, this.#numbersAt, this.#rowRoom * numbers)
    this.lists = new Int32Array(buffer, this.#listsAt, this.#rowRoom * lists * 2)
    this.items = new Int32Array(buffer, this.#itemsAt, this.#itemRoom / 4)
    this.#room.wasm.place(
      this.#programAt,
      ...([this.#textsAt, this.#numbersAt, this.#listsAt] as const),
      ...([texts, numbers, lists] as const),
    )
  }
}
