import {
  thrownText,
  type OnError,
  type OnErrorOptions,
  type OnErrorPorts,
} from '../core/onError.ts'
import type { Envelope, StatelessOperator } from '../core/unit.ts'

/**
 * Turns each record into any number of others, in order; each gets a copy of the record's envelope.
 *
 * **State** none. **Delivery** with `onError: 'reject'` a record gives all its results or, where `expand`
 * throws, none and one rejected record.
 *
 * @param expand - called once a record; the envelope says where it came from and is valid during the call
 *   only. It must depend on its arguments alone: a replay calls it again.
 * @example
 * ```ts
 * posts.via('hashtags', flatMap((post) => post.hashtags))
 * ```
 * @see Kafka Streams' `flatMapValues`.
 */
export function flatMap<In, Out, const Choice extends OnError = 'throw'>(
  expand: (record: In, envelope: Envelope) => Iterable<Out>,
  options: OnErrorOptions<Choice> = {},
): StatelessOperator<In, Out, OnErrorPorts<Choice>> {
  const rejects = options.onError === 'reject'
  return Object.freeze({
    kind: 'operator',
    type: 'flatMap',
    state: 'none',
    expands: 'many',
    options: Object.freeze({ onError: options.onError ?? 'throw' }),
    ports: Object.freeze(rejects ? ['rejected'] : []),
    start: (): ReturnType<StatelessOperator<In, Out>['start']> =>
      rejects
        ? (record, outlet, envelope) => {
            let results: readonly Out[]
            try {
              // A generator throws while it is read: nothing may have been emitted by then.
              results = Array.from(expand(record, envelope))
            } catch (error) {
              outlet.reject('operator_error', thrownText(error))
              return
            }
            for (const result of results) outlet.emit(result)
          }
        : (record, outlet, envelope) => {
            for (const result of expand(record, envelope)) outlet.emit(result)
          },
  })
}
