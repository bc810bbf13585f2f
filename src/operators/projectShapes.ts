import type { Projection } from '../core/projection/projection.ts'
import type { Envelope, StatelessOperator } from '../core/unit.ts'

/** A record with the name of its shape, as `decodeShapes` makes them. */
export interface ShapedRecord {
  readonly shape: string
  readonly data: unknown
}

/** The record's data, by the name of a shape. */
type DataOf<Record extends ShapedRecord, Name> = Record extends ShapedRecord
  ? Name extends Record['shape']
    ? Record['data']
    : never
  : never

/** For each shape a projection of its data, or a function of them. */
export type ShapeCases<In extends ShapedRecord, Out> = {
  readonly [Name in In['shape']]:
    Projection<DataOf<In, Name>, Out> | ((data: DataOf<In, Name>, envelope: Envelope) => Out)
}

/**
 * Makes a row of each record that `decodeShapes` decoded, by its shape: with a projection as `project`
 * does, which may then copy columns from bytes, or with a function as `map` does.
 *
 * **State** none. **Delivery** one record in, one out; its envelope stays with it.
 *
 * @example
 * ```ts
 * const Tweet = v.object({ id: v.string(), text: v.string() })
 * const Record = v.variant('shape', [
 *   v.object({ shape: v.literal('tweet'), data: Tweet }),
 *   v.object({ shape: v.literal('csv'), data: v.object({ tweet_id: v.string() }) }),
 * ])
 * const Note = v.object({ id: v.string(), note: v.string() })
 * const toNote = projection(Tweet, Note, (tweet) => ({ id: tweet.id, note: tweet.text }))
 * tweets
 *   .via('validate', validate(Record))
 *   .via('note', projectShapes({ tweet: toNote, csv: (row) => ({ id: row.tweet_id, note: '' }) }))
 * ```
 */
export function projectShapes<In extends ShapedRecord, Out>(
  cases: ShapeCases<In, Out>,
): StatelessOperator<In, Out> {
  type Case = Projection<never, Out> | ((data: never, envelope: Envelope) => Out)
  const byShape = new Map(Object.entries<Case>(cases))
  const makers = new Map(
    [...byShape].map(([name, one]) => [name, typeof one === 'function' ? one : one.of]),
  )
  return Object.freeze({
    kind: 'operator',
    type: 'projectShapes',
    state: 'none',
    expands: 'one',
    options: Object.freeze({ shapes: Object.freeze([...byShape.keys()]) }),
    ports: Object.freeze([]),
    projects(shape: string) {
      // Records without a shape have no data of their own.
      const one = shape === '' ? undefined : byShape.get(shape)
      return typeof one === 'function' ? undefined : one
    },
    start: (): ReturnType<StatelessOperator<In, Out>['start']> => (record, outlet, envelope) =>
      outlet.emit(makers.get(record.shape)!(record.data as never, envelope)),
  })
}
