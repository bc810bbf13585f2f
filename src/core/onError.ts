import type { Rejected } from './unit.ts'

/** What becomes of a record on which a user's function throws. */
export type OnError = 'throw' | 'reject'

/** The ports that `onError` adds: `rejected` where it is `'reject'`. */
export type OnErrorPorts<Choice extends OnError> = 'reject' extends Choice
  ? { rejected: Rejected }
  : {}

/** Options of the operators that call one function a record. */
export interface OnErrorOptions<Choice extends OnError> {
  /**
   * `'throw'`: the run stops with an OperatorError that names the record. `'reject'`: the record goes to the
   * port `rejected`, reason `operator_error`, and the run goes on.
   *
   * @defaultValue 'throw'
   */
  readonly onError?: Choice
}

/** The detail of a record that was rejected because `error` was thrown on it. */
export const thrownText = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)
