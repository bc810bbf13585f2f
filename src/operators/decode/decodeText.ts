import { isUtf8 } from 'node:buffer'

/** The bytes as a Buffer, without a copy. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Whether `text`, as decoded from `bytes`, has replacement characters that the bytes had not. */
export const wasMended = (bytes: Uint8Array, text: string): boolean =>
  text.includes('\ufffd') && !isUtf8(bytes)
