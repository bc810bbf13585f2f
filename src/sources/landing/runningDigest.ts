import { createHash } from 'node:crypto'

/** What identifies bytes seen so far: enough of a SHA-256 that two contents never share one by chance. */
export interface RunningDigest {
  /** How many bytes it has seen. */
  readonly bytes: number
  update(bytes: Uint8Array): void
  /** Of the bytes so far; more may follow. */
  value(): string
}

/** 132 bits, in 22 characters. */
const CHARACTERS = 22

/** A digest that can be asked at any point. It is no checksum against malice, but against chance. */
export function runningDigest(): RunningDigest {
  const hash = createHash('sha256')
  let seen = 0
  return {
    get bytes() {
      return seen
    },
    update(bytes) {
      hash.update(bytes)
      seen += bytes.byteLength
    },
    value: () => hash.copy().digest('base64').slice(0, CHARACTERS),
  }
}
