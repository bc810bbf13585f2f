import type { Projection } from '../core/projection/projection.ts'
import type { StatelessOperator } from '../core/unit.ts'

/**
 * Makes a row of each record, as a projection declares it: what `map` does with a function.
 *
 * Where it stands right behind `validate` and that right behind `decodeJson` or `decodeCsv`, and what follows is a table
 * or a `windowDedup` in front of one, records that are written as their schema says (JSON as `JSON.stringify` or Python's
 * `json.dumps` write it, CSV under any header) are copied from their bytes into the table's columns: there is no object
 * for any of them. All others take the way through objects; the rows are the same.
 *
 * **State** none. **Delivery** one record in, one out; its envelope stays with it.
 *
 * @example
 * ```ts
 * const Tweet = v.object({ id: v.string(), text: v.string() })
 * const Note = v.object({ id: v.string(), note: v.string() })
 * const toNote = projection(Tweet, Note, (tweet) => ({ id: tweet.id, note: tweet.text }))
 * tweets.via('decode', decodeJson()).via('validate', validate(Tweet)).via('note', project(toNote))
 * ```
 * @see the projection of Flink's and Spark's SQL, `SELECT`.
 */
export function project<In, Out>(projection: Projection<In, Out>): StatelessOperator<In, Out> {
  return Object.freeze({
    kind: 'operator',
    type: 'project',
    state: 'none',
    expands: 'one',
    options: Object.freeze({ columns: Object.freeze([...projection.columns.keys()]) }),
    ports: Object.freeze([]),
    projects: (shape: string) => (shape === '' ? projection : undefined),
    start: (): ReturnType<StatelessOperator<In, Out>['start']> => (record, outlet, envelope) =>
      outlet.emit(projection.of(record, envelope)),
  })
}
