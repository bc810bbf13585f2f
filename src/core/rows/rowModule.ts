import { webAssembly, type WasmMemory, type WasmValue } from '../webAssembly.ts'
import type { RowStore } from './rowStore.ts'
import { ROWS_WASM } from './rowsWasm.ts'

/** Asked while a row is read; places are addresses in the store's memory. */
export interface RowHost {
  /** Whether a schema accepts a value: its check by number. */
  acceptNumber(check: number, value: number): boolean
  acceptFlag(check: number, value: boolean): boolean
  acceptText(check: number, start: number, length: number): boolean
  /** Reads a number of any notation, and lets the store know; the place behind it, -1 where there is none. */
  otherNumber(at: number): number
  /** Reads a value that no column wants; the place behind it, -1 where its schema may not accept it. */
  otherValue(read: number, at: number, end: number): number
  /** Writes a text in lower case; how many bytes it has then, three times as many at most. */
  lowerCase(start: number, length: number, into: number): number
}

/** What is asked while rows are read, until somebody is there to answer. */
export const NOBODY: RowHost = {
  acceptNumber: () => false,
  acceptFlag: () => false,
  acceptText: () => false,
  otherNumber: () => -1,
  otherValue: () => -1,
  lowerCase: () => 0,
}

/** What `assembly/index.ts` exports. */
export interface RowExports {
  readonly memory: WasmMemory
  /** The first byte that is nobody's. */
  readonly FREE_AT: WasmValue
  place(
    programAt: number,
    textsAt: number,
    numbersAt: number,
    listsAt: number,
    texts: number,
    numbers: number,
    lists: number,
  ): void
  placeBatch(
    batch: number,
    bounds: number,
    offsets: number,
    firstOffset: number,
    isCounted: boolean,
  ): void
  placeItems(from: number, used: number, end: number): void
  placeExtra(from: number, end: number): void
  itemsUsed(): number
  about(ingestedAtUs: number, prefixAt: number, prefixBytes: number): void
  keepNumber(value: number): void
  /** Bytes that the texts, or the lists' items, in a slot of some rows take, each behind its length. */
  sizeOfTexts(rows: number, count: number, slot: number): number
  sizeOfLists(rows: number, count: number, slot: number): number
  gatherTexts(rows: number, count: number, slot: number, to: number): void
  gatherLists(rows: number, count: number, slot: number, to: number): void
  /** 0 where a number is no integer that is exact. */
  gatherInt64(rows: number, count: number, slot: number, to: number): number
  /** The first and the last by their bytes of the texts that were gathered last. */
  readonly leastAt: WasmValue
  readonly leastLength: WasmValue
  readonly mostAt: WasmValue
  readonly mostLength: WasmValue
  readonly leastInt: WasmValue
  readonly mostInt: WasmValue
  /** A byte a row: whether it has a text, or a number; the rows that have one go to `kept`. How many. */
  textLevels(rows: number, count: number, slot: number, levels: number, kept: number): number
  numberLevels(rows: number, count: number, slot: number, levels: number, kept: number): number
  countOfListLevels(rows: number, count: number, slot: number): number
  listLevels(
    rows: number,
    count: number,
    slot: number,
    highest: number,
    defined: number,
    repeated: number,
  ): void
  /** Reads the records of the batch from `record` to `end` into rows: see `FOUND`. */
  readRows(row: number, record: number, end: number): number
  readonly rowsRead: WasmValue
  /** Up to where texts are ASCII. */
  fingerprints(rows: number, from: number, count: number, slot: number, to: number): number
}

/** What `readRows` answers; otherwise there is too little room for texts that are made. */
export const FOUND = { refused: 0, itemsFull: 2, read: 3 } as const

/** Compiled once a thread; threads share the machine code that V8 makes of it. */
let compiled: object | undefined

/** Whether this runtime has WebAssembly at all. */
export const hasRowModule = (): boolean => webAssembly !== undefined

/** The code that reads rows, with a memory of its own. */
export function rowModule(store: RowStore): RowExports {
  const { Module, Instance } = webAssembly!
  compiled ??= new Module(Buffer.from(ROWS_WASM, 'base64'))
  const host = {
    acceptNumber: (check: number, value: number) => store.host.acceptNumber(check, value),
    acceptFlag: (check: number, value: number) => store.host.acceptFlag(check, value === 1),
    acceptText: (check: number, start: number, length: number) =>
      store.host.acceptText(check, start, length),
    otherNumber: (at: number) => store.host.otherNumber(at),
    otherValue: (read: number, at: number, end: number) => store.host.otherValue(read, at, end),
    lowerCase: (start: number, length: number, into: number) =>
      store.host.lowerCase(start, length, into),
  }
  return new Instance(compiled, { host }).exports as RowExports
}
