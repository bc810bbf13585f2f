import type { DiskFile } from '../../lake/diskIo.ts'
import type { RunningDigest } from './runningDigest.ts'

/** The bytes of a file as its records see them: decompressed where it is a `.gz`. */
export interface Content {
  /** Fills `into` from index `at` on. Resolves with the bytes added: fewer than fit only at the end. */
  fill(into: Uint8Array, at: number): Promise<number>
  /** How many bytes may still come at most. */
  remaining(): number
  /** Known at the end: what is wrong with the file, so that no more could be read of it. */
  damage(): string | undefined
  close(): Promise<void>
}

export interface ContentOptions {
  readonly file: DiskFile
  /** Size of the file on disk; what grows behind it is left for later. */
  readonly size: number
  /** Where to begin, in the content. */
  readonly from: number
  /** Sees the bytes of the file on disk as they are read. */
  readonly digest?: RunningDigest | undefined
}

/** A file read as it lies on disk. The file stays open. */
export function plainContent({ file, size, from, digest }: ContentOptions): Content {
  let position = from
  return {
    async fill(into, at) {
      const begin = at
      const end = Math.min(into.byteLength, at + Math.max(0, size - position))
      while (at < end) {
        const read = await file.read(into.subarray(at, end), position)
        if (read === 0) break
        digest?.update(into.subarray(at, at + read))
        at += read
        position += read
      }
      return at - begin
    },
    remaining: () => Math.max(0, size - position),
    damage: () => undefined,
    close: async () => {},
  }
}
