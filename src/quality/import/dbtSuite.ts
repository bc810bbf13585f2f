import { parseDocument } from 'yaml'
import { ConfigError } from '../../core/errors.ts'
import type { Expectation, ExpectationOptions } from '../expectation.ts'
import { expectColumnValuesToBeInSet } from '../expectations/columnValues.ts'
import { expectColumnValuesToBeUnique } from '../expectations/columnValues.ts'
import { expectColumnValuesToNotBeNull } from '../expectations/columnValues.ts'
import { expectForeignKeysInColumnAToExistInColumnB } from '../expectations/severalColumns.ts'
import { camelCase, EXPECTATIONS } from '../registry.ts'
import { defineSuite } from '../suite.ts'
import type { Suite, SuiteTable } from '../suite.ts'

type Mapping = Readonly<Record<string, unknown>>

const CALL = /^\s*(?:ref|source)\(\s*(?:['"][^'"]*['"]\s*,\s*)?['"]([^'"]*)['"]\s*\)\s*$/

/**
 * A suite from a dbt `schema.yml`: the tests of its models and seeds. unique, not_null, accepted_values and
 * relationships become the expectations that mean the same; tests of the package dbt_expectations are what they
 * are. Severity `warn` warns, everything else blocks; `where` stays.
 *
 * @param text the file's content
 * @param name of the suite
 * @throws ConfigError `SBX_SUITE_IMPORT` for a test that is not supported, by model and column
 * @example
 * ```ts
 * const suite = dbtSuite('models: [{ name: orders, columns: [{ name: id, tests: [unique] }] }]', 'orders')
 * ```
 */
export function dbtSuite(text: string, name: string): Suite {
  const document = parseDocument(text)
  const [problem] = document.errors
  if (problem !== undefined) throw refused(problem.message)
  const file = mapping(document.toJS())
  const nodes = [...list(file['models']), ...list(file['seeds'])].map(mapping)
  const tables = nodes.flatMap((node): SuiteTable[] => {
    const table = String(node['name'])
    const ofColumns = list(node['columns'])
      .map(mapping)
      .flatMap((column) => testsOf(column).map((test) => readTest(test, table, column['name'])))
    const own = testsOf(node).map((test) => readTest(test, table, undefined))
    const expectations = [...own, ...ofColumns]
    return expectations.length === 0 ? [] : [{ table, key: keyOf(node), expectations }]
  })
  return defineSuite(name, tables)
}

/** Columns that are tested to be unique name a row. */
const keyOf = (node: Mapping): readonly string[] =>
  list(node['columns'])
    .map(mapping)
    .filter((column) => testsOf(column).some((test) => nameAndBody(test)[0] === 'unique'))
    .map((column) => String(column['name']))

const testsOf = (node: Mapping): readonly unknown[] => [
  ...list(node['tests']),
  ...list(node['data_tests']),
]

function nameAndBody(test: unknown): readonly [string, Mapping] {
  if (typeof test === 'string') return [test, {}]
  const [[name, body] = ['', {}]] = Object.entries(mapping(test))
  return [name, mapping(body)]
}

function readTest(test: unknown, table: string, column: unknown): Expectation {
  const [name, body] = nameAndBody(test)
  const place = `${name} of ${table}${column === undefined ? '' : `.${String(column)}`}`
  const config = mapping(body['config'])
  const given = { ...body, ...mapping(body['arguments']) }
  const where = given['where'] ?? config['where'] ?? given['row_condition']
  const severity = given['severity'] ?? config['severity']
  const common: ExpectationOptions = {
    ...(String(severity).toLowerCase() === 'warn' ? { severity: 'warn' } : {}),
    ...(typeof where === 'string' ? { where } : {}),
  }
  const target = String(column ?? given['column_name'] ?? '')
  switch (name) {
    case 'unique':
      return expectColumnValuesToBeUnique({ column: target, ...common })
    case 'not_null':
      return expectColumnValuesToNotBeNull({ column: target, ...common })
    case 'accepted_values':
      return expectColumnValuesToBeInSet({
        column: target,
        valueSet: list(given['values']) as string[],
        ...common,
      })
    case 'relationships': {
      const [, otherTable] = CALL.exec(String(given['to'])) ?? []
      if (otherTable === undefined) throw refused(`${place}: \`to\` is no ref('…')`)
      const columnB = String(given['field'])
      return expectForeignKeysInColumnAToExistInColumnB({
        columnA: target,
        otherTable,
        columnB,
        ...common,
      })
    }
  }
  const [, type] = /^dbt_expectations\.(expect_\w+)$/.exec(name) ?? []
  const factory = type === undefined ? undefined : EXPECTATIONS.get(camelCase(type))
  if (factory === undefined) throw refused(`${place} is not supported`)
  const taken = Object.entries(given)
    .filter(([key]) => !NOT_ARGUMENTS.includes(key))
    .map(([key, value]) => [camelCase(key), value] as const)
  const own = column === undefined ? {} : { column: target }
  return factory({ ...own, ...Object.fromEntries(taken), ...common })
}

const NOT_ARGUMENTS = [
  ...['config', 'arguments', 'where', 'row_condition', 'severity', 'name', 'tags', 'meta'],
  ...['description', 'column_name'],
]

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const mapping = (value: unknown): Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {}
const refused = (why: string): ConfigError =>
  new ConfigError(`dbt: ${why}`, { code: 'SBX_SUITE_IMPORT' })
