import type { Shape } from '../../core/shape.ts'
import type { StandardSchema } from '../../core/standardSchema.ts'
import type { SchemaNode } from '../validate/schemaNode.ts'
import { readerOf, type SchemaReader } from './schemaReader.ts'

/** A reader for the records of one shape. */
export interface ShapeReader {
  readonly shape: string
  readonly keys: readonly string[]
  readonly reader: SchemaReader
}

/** The readers that a schema of `{ shape, data }` gives, a variant by `shape`: none where it is another. */
export function shapeReaders(
  schema: StandardSchema | undefined,
  shapes: readonly Shape[],
): ReadonlyMap<string, ShapeReader> {
  const found = new Map<string, ShapeReader>()
  const { type, key, options = [], pipe } = (schema ?? {}) as Partial<SchemaNode>
  if (type !== 'variant' || key !== 'shape' || pipe !== undefined) return found
  for (const option of options as readonly SchemaNode[]) {
    const { shape, data, ...rest } = option.entries ?? {}
    const name = shape?.literal
    if (typeof name !== 'string' || data === undefined || Object.keys(rest).length > 0) continue
    if (option.pipe !== undefined || !shapes.some((one) => one.name === name && isJson(one)))
      continue
    const reader = readerOf(data)
    const root = data.pipe?.[0] ?? data
    if (reader !== undefined) {
      found.set(name, { shape: name, keys: Object.keys(root.entries ?? {}), reader })
    }
  }
  return found
}

const isJson = ({ format }: Shape): boolean => format !== 'csv'

/**
 * The reader for records of a source that names no shape: one whose keys, which all of a record's are when
 * it can read it, are those of its own shape.
 */
export function readerFor(
  readers: ReadonlyMap<string, ShapeReader>,
  shapes: readonly Shape[],
  source: string,
): ShapeReader | undefined {
  for (const one of readers.values()) {
    if (shapes.find((shape) => shape.matches(one.keys, source))?.name === one.shape) return one
  }
  return undefined
}
