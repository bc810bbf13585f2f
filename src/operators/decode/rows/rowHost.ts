import type { RowHost } from '../../../core/rows/rowModule.ts'
import type { RowStore } from '../../../core/rows/rowStore.ts'
import { jsonScan, openBytes, openRecord, readScalar } from '../jsonScan.ts'
import type { RowProgram } from './rowProgram.ts'

/** Answers what is asked while the rows of a batch are read: what few records need, and a schema's own checks. */
export function rowHost(store: RowStore, { accepts, reads }: RowProgram): RowHost {
  const { bytes } = store
  const scan = jsonScan()
  return {
    acceptNumber: (check, value) => accepts[check]!(value),
    acceptFlag: (check, value) => accepts[check]!(value),
    acceptText: (check, start, length) => accepts[check]!(store.textAt(start, length)),
    otherNumber(at) {
      openBytes(scan, bytes)
      scan.at = at - store.bytesAt
      const value = readScalar(scan)
      if (typeof value !== 'number') return -1
      store.keepNumber(value)
      return scan.at + store.bytesAt
    },
    otherValue(read, at, end) {
      const { bytesAt } = store
      openRecord(scan, bytes, at - bytesAt, end - bytesAt)
      const value = reads[read]!(scan)
      return value === undefined || scan.at > end - bytesAt ? -1 : scan.at + bytesAt
    },
    lowerCase: (start, length, into) =>
      store.memory.write(store.textAt(start, length).toLowerCase(), into),
  }
}
