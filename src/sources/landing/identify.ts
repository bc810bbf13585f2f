import { csvHeader } from './csvHeader.ts'
import type { FileState } from './fileState.ts'
import { recognise, type Recognised } from './recognise.ts'
import { sampleHead } from './sampleHead.ts'
import { contentOf, type Visit } from './visit.ts'

/** A `.gz` that breaks before it can be told what it is. */
interface Damaged {
  readonly format: 'damaged'
  readonly damage: string
}

/**
 * What a file holds from the state's position on; undefined where that shows later. What was decided when
 * its first records were taken stays.
 *
 * @param noDocument - It was tried as a document, and is none.
 */
export async function identify(
  visit: Visit,
  { at, format, shape = '' }: FileState,
  noDocument = false,
): Promise<Recognised | Damaged | undefined> {
  const { landing, look, extension, settled } = visit
  if (format === 'lines') return { format, shape }
  const isCsv = extension === '.csv'
  const content = contentOf(visit, isCsv ? 0 : at)
  const sample = await sampleHead(content, isCsv ? 0 : landing.maxRecordBytes)
  await content.close()
  if (format === 'csv') {
    const header = csvHeader(sample.bytes, sample.whole && settled)
    return header && { format, shape, header }
  }
  const damage = content.damage()
  const found = recognise({
    file: look.path,
    extension,
    shapes: landing.shapes,
    sample,
    settled: settled && damage === undefined,
    noDocument,
  })
  const isOpen = found === undefined || found.format === 'empty'
  return isOpen && damage !== undefined ? { format: 'damaged', damage } : found
}
