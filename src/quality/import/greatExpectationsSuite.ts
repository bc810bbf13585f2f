import * as v from 'valibot'
import { ConfigError } from '../../core/errors.ts'
import type { Severity } from '../expectation.ts'
import type { Expectation } from '../expectation.ts'
import { expectColumnValuesToBeInTypeList } from '../expectations/tables.ts'
import { camelCase, EXPECTATIONS } from '../registry.ts'
import { defineSuite } from '../suite.ts'
import type { Suite, SuiteTable } from '../suite.ts'
import { duckdbTypeNames } from './duckdbTypeNames.ts'

export interface GreatExpectationsOptions extends Omit<SuiteTable, 'expectations'> {
  /** @defaultValue the suite's own */
  readonly name?: string
}

const Item = v.object({
  expectation_type: v.optional(v.string()),
  type: v.optional(v.string()),
  kwargs: v.optional(v.record(v.string(), v.unknown()), {}),
  severity: v.optional(v.nullable(v.string())),
  description: v.optional(v.nullable(v.string())),
  notes: v.optional(v.unknown()),
})
const File = v.object({
  expectation_suite_name: v.optional(v.string()),
  name: v.optional(v.string()),
  expectations: v.array(Item),
})

/** Rows that the expectations here leave out in any case. */
const IGNORED_ANYWAY: readonly unknown[] = ['both_values_are_missing', 'all_values_are_missing']
/** Arguments that say how Great Expectations reports, not what it expects. */
const REPORTING = ['result_format', 'include_config', 'catch_exceptions', 'batch_id', 'meta']

/**
 * A suite from the JSON that Great Expectations 0.x and 1.x keep. An expectation's severity `critical` blocks,
 * `warning` and `info` warn; without one it blocks.
 *
 * @param json the parsed file
 * @param options the table that it is about, and the columns that name its rows
 * @throws ConfigError `SBX_SUITE_IMPORT` for what is not supported, by its place in the file;
 *   `SBX_EXPECTATION` for arguments that an expectation refuses
 * @example
 * ```ts
 * const json = { name: 'orders', expectations: [{ type: 'expect_column_to_exist', kwargs: { column: 'id' } }] }
 * const suite = greatExpectationsSuite(json, { table: 'orders', key: ['id'] })
 * ```
 */
export function greatExpectationsSuite(json: unknown, options: GreatExpectationsOptions): Suite {
  const parsed = v.safeParse(File, json)
  if (!parsed.success) {
    const [issue] = parsed.issues
    const path = v.getDotPath(issue)
    throw refused(`this is no suite of Great Expectations: ${path ?? 'it'}: ${issue.message}`)
  }
  const { name: given, ...table } = options
  const { expectation_suite_name, name = expectation_suite_name, expectations } = parsed.output
  const suite = given ?? name
  if (suite === undefined) throw refused('the suite has no name: give it one')
  const read = expectations.map((item, index) => readExpectation(item, `expectations[${index}]`))
  return defineSuite(suite, [{ ...table, expectations: read }])
}

function readExpectation(item: v.InferOutput<typeof Item>, place: string): Expectation {
  const type = item.type ?? item.expectation_type
  if (type === undefined) throw refused(`${place} has no type`)
  const factory = EXPECTATIONS.get(camelCase(type))
  if (factory === undefined) {
    throw refused(
      `${place}: ${type} is not supported; write it as expectQueryToReturnNoRows, a query for the rows that fail`,
    )
  }
  const kwargs = Object.entries(item.kwargs).filter(
    ([key, value]) =>
      value !== null &&
      !REPORTING.includes(key) &&
      !(key === 'ignore_row_if' && IGNORED_ANYWAY.includes(value)) &&
      // A quantile is a value that occurs, here as there unless it says otherwise.
      !(key === 'allow_relative_error' && value === false),
  )
  const condition = kwargs.find(([key]) => key === 'row_condition' || key === 'condition_parser')
  if (condition !== undefined) {
    throw refused(`${place}: ${condition[0]} is not supported; write it as SQL in \`where\``)
  }
  const options = Object.fromEntries(kwargs.map(([key, value]) => [camelCase(key), deep(value)]))
  const severity = severityOf(item.severity, place)
  const common = {
    ...(severity === undefined ? {} : { severity }),
    ...(item.description ? { description: item.description } : {}),
  }
  const wanted = options['type'] ?? options['typeList']
  if (wanted === undefined) return factory({ ...options, ...common })
  const types = [...typesOf([wanted].flat().map(String), place)]
  const { type: _, typeList: __, ...others } = options
  return types.length === 1 && options['type'] !== undefined
    ? factory({ ...others, type: types[0], ...common })
    : expectColumnValuesToBeInTypeList({
        ...(others as { column: string }),
        typeList: types,
        ...common,
      })
}

/** Types go by many names: those that a suite has from elsewhere become DuckDB's. */
function typesOf(names: readonly string[], place: string): readonly string[] {
  // Lists name the types of many databases: those of none here do no harm beside others.
  const types = [...new Set(names.flatMap(duckdbTypeNames))]
  if (types.length > 0) return types
  throw refused(
    `${place}: '${names.join(', ')}' is no type of DuckDB, such as VARCHAR, BIGINT, DOUBLE or TIMESTAMP`,
  )
}

/** `quantile_ranges: { value_ranges }` has names inside too. */
function deep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deep)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [camelCase(key), deep(inner)]),
  )
}

const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'block'],
  ['warning', 'warn'],
  ['info', 'warn'],
])

function severityOf(severity: string | null | undefined, place: string): Severity | undefined {
  if (severity === null || severity === undefined) return undefined
  const found = SEVERITIES.get(severity)
  if (found !== undefined) return found
  throw refused(`${place}: the severity '${severity}' is none of critical, warning and info`)
}

const refused = (why: string): ConfigError => new ConfigError(why, { code: 'SBX_SUITE_IMPORT' })
