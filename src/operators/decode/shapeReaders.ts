import type { NextRows, OnBatch } from '../../core/operator.ts'
import type { Shape } from '../../core/shape.ts'
import type { StandardSchema } from '../../core/standardSchema.ts'
import { namesOf } from '../validate/compileAccept.ts'
import type { SchemaNode } from '../validate/schemaNode.ts'
import { compileCsvRowReader, compileRowReader, rowsFor } from './rows/rowReader.ts'
import { readerOf, type SchemaReader } from './schemaReader.ts'

/** A reader for the records of one shape. */
export interface ShapeReader {
  readonly shape: string
  readonly keys: readonly string[]
  /** Of JSON. */
  readonly reader: SchemaReader | undefined
  /** Reads into the rows of the projection that follows, where there is one. */
  readonly rows: OnBatch | undefined
}

/** The readers that a schema of `{ shape, data }` gives, a variant by `shape`: none where it is another. */
export function shapeReaders(
  schema: StandardSchema | undefined,
  shapes: readonly Shape[],
  next?: NextRows,
): ReadonlyMap<string, ShapeReader> {
  const found = new Map<string, ShapeReader>()
  const { type, key, options = [], pipe } = (schema ?? {}) as Partial<SchemaNode>
  if (type !== 'variant' || key !== 'shape' || pipe !== undefined) return found
  for (const option of options as readonly SchemaNode[]) {
    const { shape, data, ...rest } = option.entries ?? {}
    if (data === undefined || Object.keys(rest).length > 0 || option.pipe !== undefined) continue
    const keys = Object.keys((data.pipe?.[0] ?? data).entries ?? {})
    for (const name of namesOf(shape) ?? []) {
      const known = shapes.find((one) => one.name === name)
      if (known === undefined) continue
      const { name: shape, format } = known
      const isCsv = format === 'csv'
      const reader = isCsv ? undefined : readerOf(data)
      const rows = rowsFor(data, shape, next, isCsv ? compileCsvRowReader : compileRowReader)
      if (reader !== undefined || rows !== undefined)
        found.set(shape, { shape, keys, reader, rows })
    }
  }
  return found
}

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
    if (one.reader === undefined) continue
    if (shapes.find((shape) => shape.matches(one.keys, source))?.name === one.shape) return one
  }
  return undefined
}
