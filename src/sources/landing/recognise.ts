import { frame, giveFrame } from '../../core/framing.ts'
import type { Shape } from '../../core/shape.ts'
import { csvHeader, type CsvHeader } from './csvHeader.ts'
import { jsonScanner } from './jsonScanner.ts'
import type { Sample } from './sampleHead.ts'

/** What a file holds, from its name and its first bytes. */
export type Recognised =
  | { readonly format: 'lines'; readonly shape: string }
  | { readonly format: 'csv'; readonly shape: string; readonly header: CsvHeader }
  /** Which shape it has is known when all of it was seen. */
  | { readonly format: 'document' }
  /** Nothing, or nothing but blanks. */
  | { readonly format: 'empty' }
  | { readonly format: 'unknown'; readonly keys: readonly string[] }

export interface RecogniseOptions {
  /** Path below the root. */
  readonly file: string
  /** The last one of its name, without `.gz`. */
  readonly extension: string
  /** Undefined takes everything, as shape ''. */
  readonly shapes: readonly Shape[] | undefined
  readonly sample: Sample
  /** The file won't change any more: what the sample holds is all that there is to decide by. */
  readonly settled: boolean
  /** It was tried as a document already, and is none. */
  readonly noDocument?: boolean
}

const SAMPLE_LINES = 100
const LF = 0x0a

/**
 * Says of what format and shape a file is; undefined where that can't be told before more of it is there.
 * Between lines and documents the content decides, and the name only where both would do.
 */
export function recognise(options: RecogniseOptions): Recognised | undefined {
  return options.extension === '.csv' ? recogniseCsv(options) : recogniseJson(options)
}

function recogniseCsv({ file, shapes, sample, settled }: RecogniseOptions): Recognised | undefined {
  const header = csvHeader(sample.bytes, sample.whole && settled)
  if (header === undefined) return sample.whole ? undefined : { format: 'unknown', keys: [] }
  if (header.columns.length === 0) return { format: 'empty' }
  const shape = nameOf(shapes, 'csv', (candidate) => candidate.matches(header.columns, file))
  if (shape !== undefined) return { format: 'csv', shape, header }
  return settled ? { format: 'unknown', keys: header.columns } : undefined
}

function recogniseJson(options: RecogniseOptions): Recognised | undefined {
  const { file, shapes, sample, settled } = options
  const lines = linesOf(sample, settled)
  const objects = lines.map(keysOf).filter((keys) => keys.length > 0)
  const shape = nameOf(shapes, 'ndjson', (candidate) =>
    objects.some((keys) => candidate.matches(keys, file)),
  )
  if (isDocument(options, objects.length > 0, shape)) return { format: 'document' }
  if (lines.length === 0 && !sample.skipped) {
    return settled || sample.bytes.length === 0 ? { format: 'empty' } : undefined
  }
  if (shape !== undefined) return { format: 'lines', shape }
  // A later line may be of a known shape while there can be later lines in the sample.
  const full = !sample.whole || lines.length === SAMPLE_LINES
  if (!settled && (objects.length > 0 || !full)) return undefined
  const first = objects.length > 0 ? undefined : nameOf(shapes, 'ndjson', () => true)
  return first === undefined
    ? { format: 'unknown', keys: [...new Set(objects.flat())] }
    : { format: 'lines', shape: first }
}

/** Whether this is one JSON value rather than a value a line. */
function isDocument(
  { extension, shapes, sample, settled, noDocument = false }: RecogniseOptions,
  hasObjects: boolean,
  shape: string | undefined,
): boolean {
  const { bytes, whole, skipped } = sample
  const named = extension === '.json'
  const start = bytes.findIndex(
    (byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf,
  )
  if (noDocument) return false
  if (skipped) return named
  if (start === -1) return false
  const scanner = jsonScanner({ paths: [] })
  scanner.feed(bytes, bytes.length)
  if (whole && settled && !named) scanner.finish()
  const end = scanner.valueEnd()
  const feed = bytes.indexOf(LF, start)
  const reach = end ?? scanner.fault()?.offset ?? bytes.length
  const isArray = bytes[start] === 0x5b
  if (isArray || bytes[start] === 0x7b) {
    // It goes on behind its first line, which the value of a line never does.
    if (feed !== -1 && reach > feed && (end !== undefined || scanner.fault() === undefined))
      return true
    // One line, and that is all: both would do.
    if (end !== undefined && scanner.fault() === undefined && whole) {
      if (isArray) return true
      if (shapes === undefined) return named
      return shape === undefined && hasObjects && shapes.some(({ format }) => format === 'json')
    }
  }
  return named && !hasObjects
}

/** The complete lines of a sample, the last one too if nothing will be added to it. */
function linesOf({ bytes, whole }: Sample, settled: boolean): Buffer[] {
  const length = whole && settled ? bytes.length : bytes.lastIndexOf(LF) + 1
  const batch = {
    ...{ partition: 0, source: '', ingestedAtMs: 0, baseOffset: 0 },
    ...{ bytes: bytes.subarray(0, length), framing: 'lines' as const },
  }
  const bounds = frame(batch)
  const lines: Buffer[] = []
  for (let at = 0; at < bounds.length && lines.length < SAMPLE_LINES; at += 2) {
    lines.push(bytes.subarray(bounds[at], bounds[at + 1]))
  }
  giveFrame(batch, bounds)
  return lines
}

/** The keys of a line that is a JSON object; none for any other. */
function keysOf(line: Buffer): readonly string[] {
  try {
    const value: unknown = JSON.parse(line.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.keys(value)
      : []
  } catch {
    return []
  }
}

/** The first shape of a format that passes; '' where everything is taken. */
function nameOf(
  shapes: readonly Shape[] | undefined,
  format: Shape['format'],
  passes: (shape: Shape) => boolean,
): string | undefined {
  if (shapes === undefined) return ''
  return shapes.find((shape) => shape.format === format && passes(shape))?.name
}
