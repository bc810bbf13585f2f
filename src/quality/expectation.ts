import * as v from 'valibot'
import { ConfigError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { CheckPlan } from './checkPlan.ts'

/** What every expectation takes beside its own arguments. */
export interface ExpectationOptions {
  /** `block`: a failure stops promotion. `warn`: it is kept and shown. @defaultValue the suite's, else 'block' */
  readonly severity?: Severity
  /** Only rows for which this SQL condition holds are looked at. */
  readonly where?: string
  /** What this is about, for people; also its name in results. */
  readonly description?: string
}
export type Severity = 'warn' | 'block'

/** Something that is expected of a table. Plain and frozen; nothing has been asked yet. */
export interface Expectation {
  readonly kind: 'expectation'
  /** Great Expectations' name in camelCase. */
  readonly type: string
  /** Its own arguments, as given. */
  readonly kwargs: JsonObject
  readonly severity: Severity | undefined
  readonly where: string | undefined
  readonly description: string | undefined
  /** What is to be computed, and how it is judged. */
  readonly plan: CheckPlan
}

/** A factory of expectations of one type. */
export type ExpectationFactory<Kwargs> = (kwargs: Kwargs & ExpectationOptions) => Expectation

const COMMON = {
  severity: v.optional(v.picklist(['warn', 'block'])),
  where: v.optional(v.pipe(v.string(), v.nonEmpty())),
  description: v.optional(v.pipe(v.string(), v.nonEmpty())),
}

/**
 * Makes the factory of one type of expectation from the schema of its arguments and what they compile to.
 *
 * @throws ConfigError `SBX_EXPECTATION`, from the factory, for arguments that the schema refuses
 */
export function expectation<const Entries extends v.ObjectEntries>(
  type: string,
  entries: Entries,
  plan: (kwargs: v.InferOutput<v.StrictObjectSchema<Entries, undefined>>) => CheckPlan,
): ExpectationFactory<v.InferInput<v.StrictObjectSchema<Entries, undefined>>> {
  const common = v.object(COMMON)
  const own = v.strictObject(entries)
  return (options) => {
    const { severity, where, description, ...kwargs } = options as ExpectationOptions & JsonObject
    const checked = v.safeParse(own, kwargs)
    const shared = v.safeParse(common, options)
    const [issue] = [...(checked.issues ?? []), ...(shared.issues ?? [])]
    if (!checked.success || !shared.success) {
      const path = issue === undefined ? '' : (v.getDotPath(issue) ?? '')
      throw new ConfigError(`${type}: ${path === '' ? '' : `${path}: `}${issue?.message}`, {
        code: 'SBX_EXPECTATION',
      })
    }
    return Object.freeze<Expectation>({
      kind: 'expectation',
      type,
      kwargs: Object.freeze(kwargs),
      severity,
      where,
      description,
      plan: plan(checked.output),
    })
  }
}
