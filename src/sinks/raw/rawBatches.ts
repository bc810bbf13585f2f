import type { BatchWriter, SourceBatch } from '../../core/unit.ts'
import type { RawFile } from './rawFile.ts'
import type { RawFileSet } from './rawFileSet.ts'
import { csvHeader, rawEnvelope } from './rawLine.ts'

const LINE_FEED = 10
/** CSV rows without a header: they must not be taken for files that begin with one. */
const HEADLESS = 'headless.csv'

/** Writes whole source batches, as they came. */
export function rawBatches(files: RawFileSet): BatchWriter {
  return {
    writeBatch: async (batch) => {
      await writePart(files, batch)
      await files.relieve()
    },
    prepare: () => files.prepare(),
    cutsAtOnce: true,
    close: () => files.abandon(),
  }
}

async function writePart(files: RawFileSet, batch: SourceBatch): Promise<void> {
  const { bronze, bytes, framing, header, source } = batch
  if (bronze?.kind === 'none') return
  if (bronze?.kind === 'copy') {
    return files.copy(bronze.path, bronze.size, withoutDot(bronze.extension))
  }
  if (bytes === undefined || bytes.byteLength + (batch.bounds?.length ?? 0) === 0) return
  if (bronze?.kind === 'append') {
    const extension = withoutDot(bronze.extension)
    const isHeadless = extension === 'csv' && bronze.header === undefined
    const lasting = bronze.from === undefined
    const file = files.open(isHeadless ? HEADLESS : extension, bronze.header, lasting)
    return file.passLines(bytes, bronze.goesOn === true, { ...bronze, source })
  }
  if (bronze?.kind === 'values' || framing === 'bounds') {
    const lasting = bronze?.from === undefined
    const file = files.open('ndjson', undefined, lasting)
    file.origin.add({ ...bronze, source }, false)
    writeValues(file, batch)
  } else if (framing === 'csv') {
    const file = header === undefined ? files.open(HEADLESS) : files.open('csv', csvHeader(header))
    await file.passLines(bytes)
  } else {
    await files.open('ndjson').passLines(bytes)
  }
}

/** One value a line; whatever would not be one line, or has more to it, in an envelope. */
export function writeValues(file: RawFile, batch: SourceBatch): void {
  const held = batch.bytes ?? new Uint8Array(0)
  const bytes = Buffer.from(held.buffer, held.byteOffset, held.byteLength)
  const bounds = batch.bounds ?? new Uint32Array(0)
  const count = bounds.length / 2
  const special = new Map(
    batch.bronze?.kind === 'values'
      ? batch.bronze.special.map((value) => [value.index, value])
      : [],
  )
  let plainFrom = 0
  let lineFeed = -1
  for (let index = 0; index < count; index++) {
    const start = bounds[index * 2] as number
    const end = bounds[index * 2 + 1] as number
    if (lineFeed < start) lineFeed = nextLineFeed(bytes, start)
    const more = special.size === 0 ? undefined : special.get(index)
    if (more === undefined && start < end && lineFeed >= end) continue
    file.addSlices(bytes, bounds, plainFrom, index)
    plainFrom = index + 1
    const origin = {
      source: batch.source,
      offset: batch.offsets?.[index] ?? batch.baseOffset + index,
      headers: more?.headers ?? [],
    }
    const value = more?.isNull === true ? null : bytes.subarray(start, end)
    file.addLines(rawEnvelope(value, origin), 1)
  }
  file.addSlices(bytes, bounds, plainFrom, count)
}

function nextLineFeed(bytes: Buffer, from: number): number {
  const at = bytes.indexOf(LINE_FEED, from)
  return at < 0 ? Infinity : at
}

const withoutDot = (extension: string): string => extension.replace(/^\./, '')
