import type { DiskFile } from '../../../src/lake/diskIo.ts'

/** An open file in memory that gives `most` bytes at a time at most. */
export function memoryFile(content: Uint8Array, most = Infinity): DiskFile {
  const refuse = () => Promise.reject(new Error('read only'))
  return {
    read: (into, position) => {
      const end = Math.min(content.length, position + Math.min(most, into.byteLength))
      if (end <= position) return Promise.resolve(0)
      into.set(content.subarray(position, end))
      return Promise.resolve(end - position)
    },
    write: refuse,
    sync: refuse,
    stat: refuse,
    close: () => Promise.resolve(),
  }
}
