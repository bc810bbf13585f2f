import { cursor } from '../../core/cursor.ts'
import { frame, giveFrame } from '../../core/framing.ts'
import type { BatchWriter, Writer } from '../../core/unit.ts'

/** How many records may be gathered before what is full is sent. */
const STRIDE = 1024

/** Writes the records of whole source batches, in the order in which the source gave them. */
export function kafkaBatches<Row>(writer: Writer<Row>): BatchWriter {
  const record = cursor()
  return {
    async writeBatch(batch) {
      const bounds = frame(batch)
      const { values } = batch
      const count = values?.length ?? bounds.length / 2
      record.open(batch, values === undefined ? bounds : undefined)
      try {
        for (let index = 0; index < count; index++) {
          record.at(index)
          writer.write((values === undefined ? record.raw() : values[index]) as Row, record)
          if (index % STRIDE === STRIDE - 1) await writer.relieve()
        }
      } finally {
        giveFrame(batch, bounds)
      }
      await writer.relieve()
    },
    prepare: () => writer.prepare(),
    close: () => writer.close(),
  }
}
