import type { Shape } from '../../core/shape.ts'
import type { Content } from './content.ts'
import { jsonScanner, type JsonFault } from './jsonScanner.ts'

/** What a whole JSON document turned out to be. */
export type DocumentSurvey =
  | { readonly kind: 'broken'; readonly fault: JsonFault; readonly bytes: number }
  | { readonly kind: 'unknown'; readonly keys: readonly string[]; readonly bytes: number }
  /** Its elements are at `path`; `shape` says of what kind they are. */
  | {
      readonly kind: 'known'
      readonly shape: string
      readonly path: readonly string[]
      readonly bytes: number
    }
  /** Nothing where the elements would be. */
  | { readonly kind: 'empty'; readonly bytes: number }

const TOP: readonly string[] = []

/**
 * Reads a document to its end, to know whether it is JSON at all before any of it is handed over, and by the
 * first element at each shape's path which shape it has.
 */
export async function surveyDocument(
  content: Content,
  file: string,
  shapes: readonly Shape[] | undefined,
  chunkBytes: number,
): Promise<DocumentSurvey> {
  const known = shapes?.filter(({ format }) => format === 'json') ?? [
    { name: '', elements: TOP, matches: () => true },
  ]
  const scanner = jsonScanner({ paths: [TOP, ...known.map(({ elements }) => elements ?? TOP)] })
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let bytes = 0
  for (let read = chunkBytes; read === chunkBytes;) {
    read = await content.fill(chunk, 0)
    scanner.feed(chunk, read)
    bytes += read
  }
  scanner.finish()
  const fault = scanner.fault()
  if (fault !== undefined) return { kind: 'broken', fault, bytes }

  const [top, ...targets] = scanner.targets
  for (const [index, shape] of known.entries()) {
    const { found, keys } = targets[index]!
    const fits = shapes === undefined || (keys.length > 0 && shape.matches(keys, file))
    if (found === 'elements' && fits) {
      return { kind: 'known', shape: shape.name, path: shape.elements ?? TOP, bytes }
    }
  }
  const isEmpty = [top!, ...targets].some(({ found }) => found === 'empty')
  if (isEmpty) return { kind: 'empty', bytes }
  const keys = [...new Set([top!, ...targets].flatMap((target) => target.keys))]
  return { kind: 'unknown', keys, bytes }
}
