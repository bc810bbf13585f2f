import { ConfigError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type {
  InPlace,
  OnBytes,
  OperatorContext,
  Outlet,
  Rejected,
  StatelessOperator,
} from '../core/unit.ts'
import { eachView } from './decode/eachView.ts'
import { BROKEN, readJson } from './decode/readJson.ts'
import { readRow, type Row } from './decode/readRow.ts'
import { readerFor, shapeReaders, type ShapeReader } from './decode/shapeReaders.ts'

/** More keys say no more. */
const MAX_KEYS = 200

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
  /**
   * The name of the shape that JSON has which the source didn't name and no shape matches.
   *
   * @defaultValue none: such records are rejected
   */
  readonly otherwise?: NoInfer<Shapes[number]['name']>
}

/**
 * Decodes records of several shapes: CSV rows as `decodeCsv` does, all others as `decodeJson` does, and
 * says with each which shape it has.
 *
 * The source names the shape in the envelope. Where it doesn't (records from Kafka), the record is JSON,
 * and the first shape that matches its keys is taken, or else the one that `otherwise` names.
 *
 * **State** none. **Delivery** one record in, one out; the port `rejected` gets what is broken (reason
 * `broken_record`) or of no known shape (`unknown_shape`).
 *
 * @throws ConfigError `SBX_OPTION` without shapes, where one name stands for CSV and for JSON, or where
 *   `otherwise` names none of them.
 * @example
 * ```ts
 * files.via('decode', decodeShapes({ shapes })).via('validate', validate(v.variant('shape', schemas)))
 * ```
 */
export function decodeShapes<const Shapes extends readonly Shape[]>(
  options: DecodeShapesOptions<Shapes>,
): StatelessOperator<Uint8Array, Shaped<Shapes[number]>, { rejected: Rejected }> {
  const { shapes, otherwise } = options
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
  if (otherwise !== undefined && !isCsv.has(otherwise)) {
    throw new ConfigError(`decodeShapes: no shape is named ${otherwise}`, { code: 'SBX_OPTION' })
  }
  const startInPlace = ({ check }: OperatorContext): InPlace<Shaped<Shapes[number]>> => {
    const readers = shapeReaders(check?.schema, shapes, check?.rows)
    let last: Origin | undefined
    /** What the record before had too, mostly. */
    const originOf = (shape: string, source: string): Origin => {
      if (last !== undefined && last.shape === shape && last.source === source) return last
      const isNamed = isCsv.has(shape)
      const reader = isNamed ? readers.get(shape) : readerFor(readers, shapes, source)
      return (last = { shape, source, isNamed, isCsv: isCsv.get(shape) === true, reader })
    }
    const onBytes: OnBytes<Shaped<Shapes[number]>> = (bytes, start, end, outlet, envelope) => {
      const origin = originOf(envelope.shape, envelope.source)
      const { shape, reader: known } = origin
      if (origin.isCsv) {
        const row = readRow(bytes.subarray(start, end), outlet, envelope)
        if (row !== undefined) emit(outlet, shape, row)
        return
      }
      const data = known?.reader?.read(bytes, start, end)
      if (data !== undefined) {
        check!.pass({ shape: known!.shape, data })
        return
      }
      const value = readJson(bytes, start, end, outlet)
      if (value === BROKEN) return
      if (origin.isNamed) emit(outlet, shape, value)
      else {
        const keys = keysOf(value)
        const found = shapes.find((one) => one.matches(keys, envelope.source))?.name ?? otherwise
        if (found !== undefined) emit(outlet, found, value)
        else outlet.reject('unknown_shape', `no known shape has the keys ${keys.join(', ')}`)
      }
    }
    return {
      onBytes,
      onBatch(framed, from) {
        const { shape = '', source } = framed.batch
        return originOf(shape, source).reader?.rows?.(framed, from) ?? 0
      },
    }
  }
  return Object.freeze({
    kind: 'operator',
    type: 'decodeShapes',
    state: 'none',
    expands: 'one',
    options: Object.freeze({
      shapes: Object.freeze([...isCsv.keys()]),
      otherwise: otherwise ?? null,
    }),
    ports: Object.freeze(['rejected']),
    start: (context: OperatorContext) => eachView(context, startInPlace),
    startInPlace,
  })
}

/** How records of one source are read. */
interface Origin {
  readonly shape: string
  readonly source: string
  /** Whether the source said which of the shapes they have. */
  readonly isNamed: boolean
  readonly isCsv: boolean
  readonly reader: ShapeReader | undefined
}

const keysOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.keys(value).slice(0, MAX_KEYS) : []

const emit = <Out>(outlet: Outlet<Out>, shape: string, data: unknown): void =>
  outlet.emit({ shape, data } as Out)
