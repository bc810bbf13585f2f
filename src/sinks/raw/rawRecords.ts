import type { Writer } from '../../core/unit.ts'
import type { RawFileSet } from './rawFileSet.ts'
import { csvHeader, isLine, rawEnvelope } from './rawLine.ts'

/** Writes the raw slice of each record: behind operators that drop some. */
export function rawRecords(files: RawFileSet): Writer<Uint8Array> {
  let columns: readonly string[] | undefined
  let header: Uint8Array | undefined

  return {
    write: (_, envelope) => {
      const raw = envelope.raw()
      if (envelope.header !== undefined) {
        if (envelope.header !== columns) header = csvHeader(envelope.header)
        columns = envelope.header
        files.open('csv', header).addLines(raw, 1)
      } else {
        files.open('ndjson').addLines(isLine(raw) ? raw : rawEnvelope(raw, envelope), 1)
      }
    },
    relieve: () => files.relieve(),
    prepare: () => files.prepare(),
    cutsAtOnce: true,
    close: () => files.abandon(),
  }
}
