import type { StandardIssue } from '../../core/standardSchema.ts'

/** Gives the issues at certain places a reason of their own. */
export interface ReasonRule {
  /** Machine-readable, snake_case: `missing_id`. */
  readonly reason: string
  /** Where, from the record down, keys joined by dots; `*` is any one key: `'author.id'`, `'counts.*'`. */
  readonly paths: readonly string[]
  /** Only where the value at the place is like this. @defaultValue any value */
  readonly when?: (value: unknown) => boolean
}

/** A rule with its paths cut into keys. */
export interface CompiledRule {
  readonly reason: string
  readonly paths: readonly (readonly string[])[]
  readonly when: ((value: unknown) => boolean) | undefined
}

const MAX_DETAIL = 300

export const compileRules = (rules: readonly ReasonRule[]): readonly CompiledRule[] =>
  rules.map(({ reason, paths, when }) => ({
    reason,
    paths: paths.map((path) => path.split('.')),
    when,
  }))

/** The first rule that fits any issue decides; where none does, it is `invalid_field` for the first issue. */
export function reasonOf(
  record: unknown,
  issues: readonly StandardIssue[],
  rules: readonly CompiledRule[],
): { readonly reason: string; readonly detail: string } {
  const located = issues.map(({ message, path = [] }) => {
    const keys = path.map((part) => String(typeof part === 'object' ? part.key : part))
    return { message, keys }
  })
  for (const { reason, paths, when } of rules) {
    for (const issue of located) {
      if (!paths.some((path) => fits(path, issue.keys))) continue
      if (when === undefined || when(valueAt(record, issue.keys))) {
        return { reason, detail: detailOf(issue) }
      }
    }
  }
  const [first] = located
  return { reason: 'invalid_field', detail: first === undefined ? 'refused' : detailOf(first) }
}

const fits = (path: readonly string[], keys: readonly string[]): boolean =>
  path.length === keys.length && path.every((key, at) => key === '*' || key === keys[at])

function valueAt(record: unknown, keys: readonly string[]): unknown {
  let value = record
  for (const key of keys) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

function detailOf({ keys, message }: { keys: readonly string[]; message: string }): string {
  const text = `${keys.length === 0 ? 'the record' : keys.join('.')}: ${message}`
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL)}…` : text
}
