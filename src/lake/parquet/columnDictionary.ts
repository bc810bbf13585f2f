import { growTo, openWasm, type WasmMemory, type WasmValue } from '../../core/webAssembly.ts'
import { DICTIONARY_WASM } from './dictionaryWasm.ts'
import { dictionaryPage, type Page } from './page.ts'
import { varint } from './thrift.ts'

/** The values that a column chunk has, each once, while it is written. */
export interface ColumnDictionary {
  /**
   * Numbers in the place of a page's values: their width in bits, then one run of them.
   *
   * @param values in Parquet's PLAIN encoding, each behind its length
   * @returns undefined where it does not pay: then the page has its values itself
   */
  encode(values: Uint8Array): readonly Uint8Array[] | undefined
  /** Memory taken, in bytes. */
  heldBytes(): number
  /** The page that comes before all others; undefined where none of them needs it. */
  page(): Page | undefined
}

/** What `assembly/dictionary.ts` exports. */
interface DictionaryExports {
  readonly memory: WasmMemory
  readonly MOST_PAGE_BYTES: WasmValue
  readonly DICTIONARY_AT: WasmValue
  readonly PAGE_AT: WasmValue
  readonly PACKED_AT: WasmValue
  readonly END_AT: WasmValue
  readonly count: WasmValue
  readonly dictionaryBytes: WasmValue
  open(length: number): void
  encode(length: number): number
  pack(values: number, width: number): number
}

/** A page whose new values have more than this share of its bytes is better off without. */
const MOST_NEW = 0.5
const NOTHING = new Uint8Array(0)

/** One a thread. */
let engine: DictionaryExports | undefined

function openEngine(): DictionaryExports | undefined {
  const opened = openWasm<DictionaryExports>(DICTIONARY_WASM)
  if (opened !== undefined) growTo(opened.memory, opened.END_AT.value)
  return opened
}

/**
 * An empty dictionary of up to 256 KiB for one column chunk; undefined where there is no WebAssembly. As soon as one of
 * its pages does not pay, those that follow have their values themselves.
 *
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/#DICTIONARY
 */
export function columnDictionary(): ColumnDictionary | undefined {
  const wasm = (engine ??= openEngine())
  if (wasm === undefined) return undefined
  let known = NOTHING
  let count = 0
  let isOver = false
  return {
    encode(values) {
      if (isOver || values.length === 0) return undefined
      isOver = true
      if (values.length > wasm.MOST_PAGE_BYTES.value) return undefined
      const memory = new Uint8Array(wasm.memory.buffer)
      memory.set(known, wasm.DICTIONARY_AT.value)
      memory.set(values, wasm.PAGE_AT.value)
      wasm.open(known.length)
      const found = wasm.encode(values.length)
      const newBytes = wasm.dictionaryBytes.value - known.length
      if (found === -1 || newBytes > values.length * MOST_NEW) return undefined
      isOver = false
      count = wasm.count.value
      const at = wasm.DICTIONARY_AT.value
      if (newBytes > 0) known = memory.slice(at, at + wasm.dictionaryBytes.value)
      const width = Math.max(1, 32 - Math.clz32(count - 1))
      const packed = wasm.pack(found, width)
      const head = [width]
      varint(head, Math.ceil(found / 8) * 2 + 1)
      const from = wasm.PACKED_AT.value
      return [Uint8Array.from(head), memory.subarray(from, from + packed)]
    },
    heldBytes: () => known.length,
    page: () => (count === 0 ? undefined : dictionaryPage(known, count)),
  }
}
