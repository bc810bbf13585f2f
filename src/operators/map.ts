import {
  thrownText,
  type OnError,
  type OnErrorOptions,
  type OnErrorPorts,
} from '../core/onError.ts'
import type { Envelope, StatelessOperator } from '../core/unit.ts'

/**
 * Turns each record into one other.
 *
 * **State** none. **Delivery** one record in, one out; its envelope stays with it.
 *
 * @param transform - called once a record; the envelope says where it came from and is valid during the
 *   call only. It must not wait for anything, and must depend on its arguments alone: a replay calls it again.
 * @example
 * ```ts
 * tweets.via('text', map((tweet) => tweet.text.trim()))
 * ```
 * @see Kafka Streams' `mapValues`.
 */
export function map<In, Out, const Choice extends OnError = 'throw'>(
  transform: (record: In, envelope: Envelope) => Out,
  options: OnErrorOptions<Choice> = {},
): StatelessOperator<In, Out, OnErrorPorts<Choice>> {
  const rejects = options.onError === 'reject'
  return Object.freeze({
    kind: 'operator',
    type: 'map',
    state: 'none',
    expands: 'one',
    options: Object.freeze({ onError: options.onError ?? 'throw' }),
    ports: Object.freeze(rejects ? ['rejected'] : []),
    start: (): ReturnType<StatelessOperator<In, Out>['start']> =>
      rejects
        ? (record, outlet, envelope) => {
            let result: Out
            try {
              result = transform(record, envelope)
            } catch (error) {
              outlet.reject('operator_error', thrownText(error))
              return
            }
            outlet.emit(result)
          }
        : (record, outlet, envelope) => outlet.emit(transform(record, envelope)),
  })
}
