import type { Json } from '../../core/json.ts'
import type { SourceRange } from '../../core/unit.ts'

/** Ranges of the source behind each other, as `[source, from, to, goesOn]`. */
type Ranges = readonly (readonly [source: string, from: number, to: number, goesOn: boolean])[]

/** What a raw file was made of, as its checkpoint keeps it: enough to make the same bytes again. */
export type RawRecipe =
  /** A local file as it was. */
  | { readonly copy: string }
  /** Ranges of the source behind a header, which is in base64. */
  | { readonly header?: string; readonly ranges: Ranges }

/** Notes what goes into a raw file while it is written. */
export interface RawOrigin {
  /**
   * @param range undefined bounds: it can't be read again, and neither can this file be made again
   * @param goesOn whether it ends inside a record
   * @param bytes its length, where it is one of bytes: a line end may have been added to its last record
   */
  add(range: Partial<SourceRange>, goesOn: boolean, bytes?: number): void
  /** Undefined where some of it is from nowhere. */
  recipe(): RawRecipe | undefined
}

export function rawOrigin(header: Uint8Array | undefined): RawOrigin {
  const ranges: [string, number, number, boolean][] = []
  let isKnown = true
  /** The end of the last range is that of its bytes: what follows in the source follows in the file. */
  let isOpen = false

  return {
    add: ({ source, from, to }, goesOn, bytes) => {
      if (source === undefined || from === undefined || to === undefined) isKnown = false
      if (!isKnown) return
      const last = ranges.at(-1)
      const isNext = last?.[0] === source && (bytes === undefined || (isOpen && last?.[2] === from))
      if (last !== undefined && isNext) {
        last[2] = to as number
        last[3] = goesOn
      } else ranges.push([source as string, from as number, to as number, goesOn])
      isOpen = bytes === (to as number) - (from as number)
    },
    recipe: () => {
      if (!isKnown || ranges.length === 0) return undefined
      const encoded = header && { header: Buffer.from(header).toString('base64') }
      return { ...encoded, ranges }
    },
  }
}

/** The recipe in a checkpoint's `detail`, if there is one. */
export function parseRecipe(detail: Json | undefined): RawRecipe | undefined {
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return undefined
  const { copy, header, ranges } = detail as Readonly<Record<string, Json>>
  if (typeof copy === 'string') return { copy }
  if (!Array.isArray(ranges) || !ranges.every(isRange)) return undefined
  return { ...(typeof header === 'string' && { header }), ranges: ranges as unknown as Ranges }
}

const isRange = (range: Json): boolean =>
  Array.isArray(range) &&
  typeof range[0] === 'string' &&
  Number.isSafeInteger(range[1]) &&
  Number.isSafeInteger(range[2]) &&
  typeof range[3] === 'boolean'
