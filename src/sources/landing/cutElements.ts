import type { Content } from './content.ts'
import { jsonScanner } from './jsonScanner.ts'

/** Some elements of a JSON document. */
export interface ElementCut {
  /** In a buffer of its own. */
  readonly bytes: Uint8Array
  /** Where the elements are in `bytes`, in pairs; none where the one element is too large. */
  readonly bounds: Uint32Array
  /** The number of the first one in the document. */
  readonly first: number
  /** How many elements this takes. */
  readonly count: number
  /** The length of an element over the limit, whose beginning is in `bytes`. */
  readonly tooLarge?: number
}

export interface CutElementsOptions {
  readonly content: Content
  readonly path: readonly string[]
  /** How many elements were handed over before. */
  readonly skip: number
  readonly batchBytes: number
  readonly maxRecordBytes: number
}

/** An element that lies in the buffer from `from` to `to`, or begins there if `length` is over the limit. */
interface Found {
  readonly from: number
  readonly to: number
  readonly length: number
}

/**
 * Cuts a document that was surveyed into its elements, byte for byte. Memory: a batch, or an element of
 * `maxRecordBytes`.
 *
 * @returns False where the document is not the one that was surveyed.
 */
export async function* cutElements(
  options: CutElementsOptions,
): AsyncGenerator<ElementCut, boolean> {
  const { content, path, skip, batchBytes, maxRecordBytes } = options
  let buffer = Buffer.allocUnsafe(batchBytes)
  let length = 0
  /** The offset of `buffer[0]`; that of the bytes read last, and where they are. */
  let base = 0
  let offset = 0
  let begin = 0
  let number = 0
  let found: Found[] = []

  // Between the beginning of an element over the limit and the bytes read last, some were dropped.
  const indexOf = (at: number): number => (at < offset ? at - base : begin + at - offset)
  const scanner = jsonScanner({
    paths: [path],
    onElement(_, start, end) {
      if (number + found.length < skip) number++
      else found.push({ from: indexOf(start), to: indexOf(end), length: end - start })
    },
  })
  const [target] = scanner.targets

  for (;;) {
    const read = await content.fill(buffer, length)
    const ended = length + read < buffer.length
    begin = length
    length += read
    scanner.feed(buffer.subarray(begin), read)
    for (const group of groups(found, maxRecordBytes, batchBytes)) {
      const cut = elementCut(buffer, group, number, maxRecordBytes)
      number += cut.count
      yield cut
    }
    found = []
    if (ended) break

    const inside = target!.start
    const kept = inside === -1 ? 0 : length - indexOf(inside)
    buffer.copy(buffer, 0, length - kept, length)
    offset += read
    base = inside === -1 ? offset : inside
    // Of an element over the limit the beginning stays, and what follows is read over.
    length = Math.min(kept, maxRecordBytes + 1)
    if (length > buffer.length / 2) {
      const larger = Buffer.allocUnsafe(length + batchBytes)
      buffer.copy(larger, 0, 0, length)
      buffer = larger
    }
  }
  scanner.finish()
  return scanner.fault() === undefined
}

/** Elements that may travel together; one over the limit stands alone. */
function* groups(found: readonly Found[], maxRecordBytes: number, batchBytes: number) {
  let group: Found[] = []
  for (const element of found) {
    const alone = element.length > maxRecordBytes
    const reaches = group[0] === undefined ? 0 : element.to - group[0].from
    if (group.length > 0 && (alone || reaches > batchBytes)) {
      yield group
      group = []
    }
    group.push(element)
    if (alone) {
      yield group
      group = []
    }
  }
  if (group.length > 0) yield group
}

function elementCut(
  buffer: Buffer,
  group: readonly Found[],
  first: number,
  maxRecordBytes: number,
): ElementCut {
  const { from, length } = group[0]!
  const count = group.length
  if (length > maxRecordBytes) {
    const bytes = Uint8Array.from(buffer.subarray(from, from + maxRecordBytes))
    return { bytes, bounds: new Uint32Array(0), first, count, tooLarge: length }
  }
  const bounds = Uint32Array.from(
    group.flatMap((element) => [element.from - from, element.to - from]),
  )
  return { bytes: Uint8Array.from(buffer.subarray(from, group.at(-1)!.to)), bounds, first, count }
}
