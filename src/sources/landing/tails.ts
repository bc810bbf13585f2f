import type { DiskFile } from '../../lake/diskIo.ts'
import type { RunningDigest } from './runningDigest.ts'

/**
 * Digests of large files that grow while they are watched, so that not all of a file is read again for
 * every line added to it. In one process, the same inode with the same beginning and the same end before
 * the position is taken for the same file; a new process reads all of it again.
 */
export interface Tails {
  keep(path: string, file: DiskFile, digest: RunningDigest): Promise<void>
  /** The digest of the first `bytes` bytes, if they are still those. Hands it over: keep it again. */
  take(path: string, file: DiskFile, bytes: number): Promise<RunningDigest | undefined>
}

interface Tail {
  readonly inode: number
  readonly digest: RunningDigest
  readonly sample: Buffer
}

/** Smaller files are read again: a few milliseconds. */
const MIN_BYTES = 8 * 1024 * 1024
const SAMPLE_BYTES = 4096
const MAX_TAILS = 64

export function tails(): Tails {
  const kept = new Map<string, Tail>()
  return {
    async keep(path, file, digest) {
      kept.delete(path)
      if (digest.bytes < MIN_BYTES) return
      try {
        const sample = await sampleOf(file, digest.bytes)
        kept.set(path, { inode: (await file.stat()).ino, digest, sample })
      } catch {
        // It will be read again from its beginning, and that says what is wrong.
      }
      const [oldest] = kept.keys()
      if (kept.size > MAX_TAILS) kept.delete(oldest!)
    },
    async take(path, file, bytes) {
      const tail = kept.get(path)
      kept.delete(path)
      if (tail?.digest.bytes !== bytes || (await file.stat()).ino !== tail.inode) return undefined
      return (await sampleOf(file, bytes)).equals(tail.sample) ? tail.digest : undefined
    },
  }
}

async function sampleOf(file: DiskFile, bytes: number): Promise<Buffer> {
  const sample = Buffer.alloc(SAMPLE_BYTES * 2)
  await file.read(sample.subarray(0, SAMPLE_BYTES), 0)
  await file.read(sample.subarray(SAMPLE_BYTES), bytes - SAMPLE_BYTES)
  return sample
}
