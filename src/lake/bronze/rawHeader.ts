import { csvRecords } from '../../core/csvRecords.ts'

/**
 * How long the header of a raw CSV file is, in bytes, its line end included; undefined where that depends on
 * how one reads it, as with bare carriage returns.
 */
export function rawHeaderBytes(bytes: Buffer): number | undefined {
  const end = csvRecords(bytes, 'lf').end(0)
  return end > 0 && end === csvRecords(bytes, 'cr').end(0) ? end : undefined
}
