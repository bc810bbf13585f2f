import { ConfigError } from '../core/errors.ts'
import type { StandardSchema } from '../core/standardSchema.ts'
import type { Outlet, Rejected, StatelessOperator } from '../core/unit.ts'
import { compileAccept } from './validate/compileAccept.ts'
import { compileRules, reasonOf, type ReasonRule } from './validate/reasonOf.ts'
import type { SchemaNode } from './validate/schemaNode.ts'

export interface ValidateOptions {
  /**
   * Reasons for what is wrong at certain places, in order of precedence. Everything else is `invalid_field`.
   *
   * @defaultValue []
   */
  readonly reasons?: readonly ReasonRule[]
}

/**
 * Lets the records through that a schema accepts, typed as what the schema says.
 *
 * Any Standard Schema will do. A valibot schema without transformations is compiled once into plain
 * functions; a record that they accept goes on as the very object it is, keys unknown to the schema
 * included. Whatever else a schema makes of a record (defaults, transformations) goes on in its place.
 *
 * **State** none. **Delivery** one record in, one out; a refused one goes to the port `rejected` with the
 * first reason that fits, and the path and message of the issue in its detail.
 *
 * @param schema - must answer at once: one that is asynchronous stops the run
 * @throws ConfigError `SBX_ASYNC_SCHEMA` on the first record of an asynchronous schema.
 * @example
 * ```ts
 * const Tweet = v.object({ id: v.pipe(v.string(), v.nonEmpty()), likes: v.number() })
 * tweets.via('validate', validate(Tweet, { reasons: [{ reason: 'missing_id', paths: ['id'] }] }))
 * ```
 * @see https://standardschema.dev
 */
export function validate<Out>(
  schema: StandardSchema<Out>,
  options: ValidateOptions = {},
): StatelessOperator<unknown, Out, { rejected: Rejected }> {
  const standard = schema['~standard']
  const { reasons = [] } = options
  const rules = compileRules(reasons)
  const accept =
    standard.vendor === 'valibot' ? compileAccept(schema as unknown as SchemaNode) : undefined
  return Object.freeze({
    kind: 'operator',
    type: 'validate',
    state: 'none',
    expands: 'one',
    options: Object.freeze({
      schema: standard.vendor,
      reasons: Object.freeze(reasons.map(({ reason }) => reason)),
    }),
    ports: Object.freeze(['rejected']),
    checks: accept === undefined ? undefined : schema,
    start: () => (record: unknown, outlet: Outlet<Out>) => {
      if (accept?.(record) === true) {
        outlet.emit(record as Out)
        return
      }
      const result = standard.validate(record)
      if (result instanceof Promise) {
        throw new ConfigError(
          'validate: the schema is asynchronous; give one that answers at once',
          {
            code: 'SBX_ASYNC_SCHEMA',
          },
        )
      }
      if (result.issues === undefined) outlet.emit(result.value)
      else {
        const { reason, detail } = reasonOf(record, result.issues, rules)
        outlet.reject(reason, detail)
      }
    },
  })
}
