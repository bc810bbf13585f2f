import {
  thrownText,
  type OnError,
  type OnErrorOptions,
  type OnErrorPorts,
} from '../core/onError.ts'
import type { Envelope, StatelessOperator } from '../core/unit.ts'

/**
 * Lets the records through for which `predicate` holds; the others are counted as filtered and dropped,
 * unless the port `filtered` is taken. A predicate that narrows (`record is Post`) narrows the stream.
 *
 * **State** none. **Delivery** every record that came in goes to exactly one port.
 *
 * @param predicate - called once a record; the envelope says where it came from and is valid during the
 *   call only. It must depend on its arguments alone: a replay calls it again.
 * @example
 * ```ts
 * tweets.via('english', filter((tweet) => tweet.lang === 'en'))
 * ```
 * @see Kafka Streams' `filter`.
 */
export function filter<In, Kept extends In = In, const Choice extends OnError = 'throw'>(
  predicate:
    | ((record: In, envelope: Envelope) => record is Kept)
    | ((record: In, envelope: Envelope) => boolean),
  options: OnErrorOptions<Choice> = {},
): StatelessOperator<In, Kept, { filtered: In } & OnErrorPorts<Choice>> {
  const rejects = options.onError === 'reject'
  const keeps: (record: In, envelope: Envelope) => boolean = predicate
  return Object.freeze({
    kind: 'operator',
    type: 'filter',
    state: 'none',
    expands: 'one',
    options: Object.freeze({ onError: options.onError ?? 'throw' }),
    ports: Object.freeze(rejects ? ['filtered', 'rejected'] : ['filtered']),
    start: (): ReturnType<StatelessOperator<In, Kept>['start']> => (record, outlet, envelope) => {
      let kept: boolean
      try {
        kept = keeps(record, envelope)
      } catch (error) {
        if (!rejects) throw error
        outlet.reject('operator_error', thrownText(error))
        return
      }
      if (kept) outlet.emit(record as unknown as Kept)
      else outlet.filter(record)
    },
  })
}
