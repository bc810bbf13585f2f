import { ConfigError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { Envelope, Outlet, Rejected, StatelessOperator } from '../core/unit.ts'
import { BROKEN, readJson } from './decode/readJson.ts'
import { readRow, type Row } from './decode/readRow.ts'

/** A record with the name of its shape: a union that `record.shape` tells apart. */
export type Shaped<Known extends Shape> = Known extends Known
  ? {
      readonly shape: Known['name']
      readonly data: Known['format'] extends 'csv' ? Row : unknown
    }
  : never

export interface DecodeShapesOptions<Shapes extends readonly Shape[]> {
  /** Those that the source recognises. A name may stand for several forms of the same records. */
  readonly shapes: Shapes
}

/**
 * Decodes records of several shapes: CSV rows as `decodeCsv` does, all others as `decodeJson` does, and
 * says with each which shape it has.
 *
 * The source names the shape in the envelope. Where it doesn't (records from Kafka), the record is JSON,
 * and the first shape that matches its keys is taken; keys that no shape matches are rejected.
 *
 * **State** none. **Delivery** one record in, one out; the port `rejected` gets what is broken (reason
 * `broken_record`) or of no known shape (`unknown_shape`).
 *
 * @throws ConfigError `SBX_OPTION` without shapes, or where one name stands for CSV and for JSON.
 * @example
 * ```ts
 * files.via('decode', decodeShapes({ shapes })).via('validate', validate(v.variant('shape', schemas)))
 * ```
 */
export function decodeShapes<const Shapes extends readonly Shape[]>(
  options: DecodeShapesOptions<Shapes>,
): StatelessOperator<Uint8Array, Shaped<Shapes[number]>, { rejected: Rejected }> {
  const { shapes } = options
  const isCsv = new Map<string, boolean>()
  for (const { name, format } of shapes) {
    const csv = format === 'csv'
    if ((isCsv.get(name) ?? csv) !== csv) {
      throw new ConfigError(
        `decodeShapes: ${name} stands for CSV and for JSON; give them two names`,
        {
          code: 'SBX_OPTION',
        },
      )
    }
    isCsv.set(name, csv)
  }
  if (isCsv.size === 0) {
    throw new ConfigError('decodeShapes: give at least one shape', { code: 'SBX_OPTION' })
  }
  return Object.freeze({
    kind: 'operator',
    type: 'decodeShapes',
    state: 'none',
    expands: 'one',
    options: Object.freeze({ shapes: Object.freeze([...isCsv.keys()]) }),
    ports: Object.freeze(['rejected']),
    start: () => (bytes: Uint8Array, outlet: Outlet<never>, envelope: Envelope) => {
      const { shape } = envelope
      if (isCsv.get(shape) === true) {
        const row = readRow(bytes, outlet, envelope)
        if (row !== undefined) emit(outlet, shape, row)
        return
      }
      const value = readJson(bytes, outlet)
      if (value === BROKEN) return
      if (isCsv.has(shape)) emit(outlet, shape, value)
      else recognise(shapes, value, outlet, envelope.source)
    },
  })
}

function recognise(
  shapes: readonly Shape[],
  value: unknown,
  outlet: Outlet<never>,
  source: string,
): void {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const found = shapes.find((shape) => shape.matches(keys, source))
  if (found !== undefined) emit(outlet, found.name, value)
  else outlet.reject('unknown_shape', `no known shape has the keys ${keys.slice(0, 50).join(', ')}`)
}

function emit(outlet: Outlet<never>, shape: string, data: unknown): void {
  outlet.emit({ shape, data } as never)
}
