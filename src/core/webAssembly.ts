/** What is used of WebAssembly: the types of Node have none of it. */
interface WebAssemblyApi {
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, object>>,
  ) => { readonly exports: unknown }
  /** What a trap throws. */
  readonly RuntimeError: new () => Error
}

export interface WasmMemory {
  /** Another one after it grew. */
  readonly buffer: ArrayBuffer
  /** @param pages - of 64 KiB */
  grow(pages: number): number
}

/** An exported global. */
export interface WasmValue {
  readonly value: number
}

/** Undefined under `--jitless`. */
export const webAssembly = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly

const PAGE_BYTES = 64 << 10

/** Makes room for so many bytes; true where the memory grew, and has another buffer. */
export function growTo(memory: WasmMemory, bytes: number): boolean {
  const missing = bytes - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES))
  return missing > 0
}

/**
 * A program of `assembly/` that asks for nothing, with a memory of its own; undefined where there is no WebAssembly.
 *
 * @param code - as text, base64
 */
export function openWasm<Exports>(code: string): Exports | undefined {
  if (webAssembly === undefined) return undefined
  const { Module, Instance } = webAssembly
  return new Instance(new Module(Buffer.from(code, 'base64')), {}).exports as Exports
}
