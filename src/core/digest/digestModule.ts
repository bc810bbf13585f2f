import { growTo, openWasm, type WasmMemory, type WasmValue } from '../webAssembly.ts'
import { DIGEST_WASM } from './digestWasm.ts'
import { takeStripes } from './xxh64.ts'

/** What `assembly/digest.ts` exports. */
interface DigestExports {
  readonly memory: WasmMemory
  readonly LANES_AT: WasmValue
  readonly BYTES_AT: WasmValue
  stripes(length: number): void
}

/** Bytes are copied so many at once. */
const CHUNK_BYTES = 1 << 20

/** Takes whole stripes into the lanes of two seeds. */
export type TakeStripes = (lanes: BigUint64Array<ArrayBuffer>, bytes: Uint8Array) => void

let taker: TakeStripes | undefined

/** The fastest way that there is, one a thread. */
export const stripeTaker = (): TakeStripes => (taker ??= wasmTaker() ?? takeStripes)

/** @see assembly/digest.ts */
function wasmTaker(): TakeStripes | undefined {
  const wasm = openWasm<DigestExports>(DIGEST_WASM)
  if (wasm === undefined) return undefined
  const { memory, LANES_AT, BYTES_AT, stripes } = wasm
  growTo(memory, BYTES_AT.value + CHUNK_BYTES)
  const all = new Uint8Array(memory.buffer)
  return (lanes, bytes) => {
    const state = new Uint8Array(lanes.buffer)
    all.set(state, LANES_AT.value)
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES)
      all.set(chunk, BYTES_AT.value)
      stripes(chunk.length)
    }
    state.set(all.subarray(LANES_AT.value, LANES_AT.value + state.length))
  }
}
