import type { BatchWriter, SourceBatch } from '../../core/unit.ts'
import type { RawFile } from './rawFile.ts'
import type { RawFileSet } from './rawFileSet.ts'
import { csvHeader, rawEnvelope } from './rawLine.ts'

const LINE_FEED = 10

/** Writes whole source batches, as they came. */
export function rawBatches(files: RawFileSet): BatchWriter {
  return {
    writeBatch: async (batch) => {
      await writePart(files, batch)
      await files.relieve()
    },
    prepare: () => files.prepare(),
    close: () => files.abandon(),
  }
}

async function writePart(files: RawFileSet, batch: SourceBatch): Promise<void> {
  const { bronze, bytes, framing, header } = batch
  if (bronze?.kind === 'none') return
  if (bronze?.kind === 'copy') {
    return files.copy(bronze.path, bronze.size, withoutDot(bronze.extension))
  }
  if (bytes === undefined || bytes.byteLength + (batch.bounds?.length ?? 0) === 0) return
  if (bronze?.kind === 'append') {
    return files.open(withoutDot(bronze.extension), bronze.header).passLines(bytes)
  }
  if (bronze?.kind === 'values' || framing === 'bounds') {
    writeValues(files.open('ndjson'), batch, bytes)
  } else if (framing === 'csv') {
    await files.open('csv', header && csvHeader(header)).passLines(bytes)
  } else {
    await files.open('ndjson').passLines(bytes)
  }
}

/** One value a line; whatever would not be one line, or has more to it, in an envelope. */
function writeValues(file: RawFile, batch: SourceBatch, bytes: Uint8Array): void {
  const bounds = batch.bounds ?? new Uint32Array(0)
  const special = new Map(
    batch.bronze?.kind === 'values'
      ? batch.bronze.special.map((value) => [value.index, value])
      : [],
  )
  let lineFeed = -1
  for (let index = 0; index * 2 < bounds.length; index++) {
    const start = bounds[index * 2] as number
    const end = bounds[index * 2 + 1] as number
    const value = bytes.subarray(start, end)
    if (lineFeed < start) lineFeed = nextLineFeed(bytes, start)
    const more = special.get(index)
    if (more === undefined && start < end && lineFeed >= end) {
      file.addLines(value, 1)
      continue
    }
    const origin = {
      source: batch.source,
      offset: batch.offsets?.[index] ?? batch.baseOffset + index,
      headers: more?.headers ?? [],
    }
    file.addLines(rawEnvelope(more?.isNull === true ? null : value, origin), 1)
  }
}

function nextLineFeed(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(LINE_FEED, from)
  return at < 0 ? Infinity : at
}

const withoutDot = (extension: string): string => extension.replace(/^\./, '')
