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
