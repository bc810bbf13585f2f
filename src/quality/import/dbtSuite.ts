import { isNode, LineCounter, parseDocument } from 'yaml'
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

/** The keys that lead to a place in the file. */
type Path = readonly (string | number)[]

/** A model, seed or table of a source, and where it stands. */
interface Node {
  readonly path: Path
  readonly own: Mapping
  /** Absent: it is a model. */
  readonly delta?: string
}

/** A test of a table or column, and where it stands. */
interface Test {
  readonly path: Path
  readonly name: string
  readonly body: Mapping
}

export interface DbtSuiteOptions {
  /** Where in the lake tables of sources are, by their names: `{ posts: 'silver/posts' }`. */
  readonly sources?: Readonly<Record<string, string>>
}

/**
 * A suite from a dbt `schema.yml`: the tests of its models, seeds and sources. unique, not_null, accepted_values
 * and relationships become the expectations that mean the same; tests of the package dbt_expectations are what
 * they are. Severity `warn` warns, everything else blocks; `where` stays; what is not enabled is left out.
 *
 * @param text the file's content
 * @param name of the suite
 * @throws ConfigError `SBX_SUITE_IMPORT`, with the line, for what is not supported: a test, an argument, a
 *   condition on the number of failures, a template in `where`
 * @example
 * ```ts
 * const suite = dbtSuite('models: [{ name: orders, columns: [{ name: id, tests: [unique] }] }]', 'orders')
 * ```
 */
export function dbtSuite(text: string, name: string, options: DbtSuiteOptions = {}): Suite {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true })
  const lineOf = (path: Path): number => {
    const node = document.getIn(path, true)
    const [at = 0] = (isNode(node) ? node.range : undefined) ?? []
    return lines.linePos(at).line
  }
  const [problem] = document.errors
  if (problem !== undefined) throw refused(problem.linePos?.[0].line, problem.message)
  const file = mapping(asValue(document))
  const { sources = {} } = options
  const nodes = [
    ...nodesOf(file, ['models']),
    ...nodesOf(file, ['seeds']),
    ...nodesOf(file, ['sources']).flatMap(({ path, own }) =>
      nodesOf(own, ['tables'], path).map((table) => inLake(table, sources)),
    ),
  ]
  const tables = nodes.flatMap((node): SuiteTable[] => {
    const { own, path, delta } = node
    const table = String(own['name'])
    const read = (test: Test, column?: string): Expectation[] => {
      try {
        return readTest(test, table, column)
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        throw refused(lineOf(test.path), error.message)
      }
    }
    const columns = nodesOf(own, ['columns'], path)
    const expectations = [
      ...testsOf(node).flatMap((test) => read(test)),
      ...columns.flatMap((column) =>
        testsOf(column).flatMap((test) => read(test, String(column.own['name']))),
      ),
    ]
    if (expectations.length === 0 || mapping(own['config'])['enabled'] === false) return []
    const isSource = path[0] === 'sources'
    if (isSource && delta === undefined) {
      const why = `'${table}' is a table of a source: say where it is, dbtSuite(…, { sources: { ${table}: 'silver/${table}' } })`
      throw refused(lineOf(path), why)
    }
    return [{ table, ...(delta === undefined ? {} : { delta }), key: keyOf(columns), expectations }]
  })
  const names = tables.map(({ table }) => table)
  for (const { expectations } of tables) {
    for (const { kwargs } of expectations) {
      const other = kwargs['otherTable']
      if (typeof other !== 'string' || names.includes(other) || !Object.hasOwn(sources, other))
        continue
      const why = `relationships to '${other}', a table of a source that has no test of its own here: give it one`
      throw refused(undefined, why)
    }
  }
  return defineSuite(name, tables)
}

function asValue(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw refused(undefined, error instanceof Error ? error.message : String(error))
  }
}

const nodesOf = (from: Mapping, [key]: readonly [string], above: Path = []): Node[] =>
  list(from[key]).map((own, at) => ({ path: [...above, key, at], own: mapping(own) }))

function inLake(table: Node, sources: Readonly<Record<string, string>>): Node {
  const delta = sources[String(table.own['name'])]
  return delta === undefined ? table : { ...table, delta }
}

/** Columns that are tested to be unique name a row. */
const keyOf = (columns: readonly Node[]): readonly string[] =>
  columns
    .filter((column) => testsOf(column).some(({ name }) => name === 'unique'))
    .map(({ own }) => String(own['name']))

const testsOf = ({ own, path }: Node): readonly Test[] =>
  ['tests', 'data_tests'].flatMap((key) =>
    list(own[key]).map((test, at) => {
      const [name, body] = nameAndBody(test)
      return { path: [...path, key, at], name, body }
    }),
  )

function nameAndBody(test: unknown): readonly [string, Mapping] {
  if (typeof test === 'string') return [test, {}]
  const [[name, body] = ['', {}]] = Object.entries(mapping(test))
  return [name, mapping(body)]
}

/** One expectation; none where the test is not enabled. */
function readTest({ name, body }: Test, table: string, column?: string): Expectation[] {
  const place = `${name} of ${table}${column === undefined ? '' : `.${column}`}`
  const config = mapping(body['config'])
  const given = { ...body, ...mapping(body['arguments']) }
  const setting = (key: string): unknown => given[key] ?? config[key]
  if (setting('enabled') === false) return []
  const counting = COUNTING.find((key) => !WITHOUT_EFFECT.includes(setting(key) as string))
  if (counting !== undefined) {
    throw unsupported(
      `${place}: ${counting} is not supported; give the expectation a share that suffices, \`mostly\``,
    )
  }
  const conditions = [setting('where'), given['row_condition']].filter(
    (one) => typeof one === 'string',
  )
  const where =
    conditions.length < 2 ? conditions[0] : conditions.map((one) => `(${one})`).join(' and ')
  for (const [key, value] of [
    ...[
      ['where', where],
      ['enabled', setting('enabled')],
      ['severity', setting('severity')],
    ],
  ] as const) {
    if (typeof value !== 'string' || !/\{[{%]/.test(value)) continue
    throw unsupported(`${place}: a template in \`${key}\` is not supported; write what it makes`)
  }
  const taken = TAKEN[name]
  const unknown = Object.keys(given).find(
    (key) => taken !== undefined && !taken.includes(key) && !SETTINGS.includes(key),
  )
  if (unknown !== undefined) {
    throw unsupported(`${place}: it takes no '${unknown}', but ${[...taken!, 'config'].join(', ')}`)
  }
  const severity = setting('severity')
  const common: ExpectationOptions = {
    ...(String(severity).toLowerCase() === 'warn' ? { severity: 'warn' } : {}),
    ...(typeof where === 'string' ? { where } : {}),
  }
  return [expectationOf({ name, place, table, column, given, common })]
}

function expectationOf(test: {
  readonly name: string
  readonly place: string
  readonly table: string
  readonly column: string | undefined
  readonly given: Mapping
  readonly common: ExpectationOptions
}): Expectation {
  const { name, place, column, given, common } = test
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
      if (otherTable === undefined) throw unsupported(`${place}: \`to\` is no ref('…')`)
      if (typeof given['field'] !== 'string') throw unsupported(`${place}: it has no \`field\``)
      const columnB = given['field']
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
  if (factory === undefined) throw unsupported(`${place} is not supported`)
  const taken = Object.entries(given)
    .filter(([key]) => !SETTINGS.includes(key))
    .map(([key, value]) => [camelCase(key), value] as const)
  const own = column === undefined ? {} : { column: target }
  return factory({ ...own, ...Object.fromEntries(taken), ...common })
}

/** What dbt's own tests take. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  ...{ unique: [], not_null: [] },
  ...{ accepted_values: ['values', 'quote'], relationships: ['to', 'field'] },
}

/** What any test may be given besides. */
const SETTINGS = [
  ...['config', 'arguments', 'where', 'row_condition', 'severity', 'name', 'tags', 'meta'],
  ...['description', 'column_name', 'enabled', 'store_failures', 'limit'],
  ...['error_if', 'warn_if', 'fail_calc'],
]

/** What makes of the number of failing rows something else than "none". */
const COUNTING = ['error_if', 'warn_if', 'fail_calc']
const WITHOUT_EFFECT = [undefined, null, '!= 0', 'count(*)']

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const mapping = (value: unknown): Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {}
const unsupported = (why: string): ConfigError => new ConfigError(why, { code: 'SBX_SUITE_IMPORT' })
const refused = (line: number | undefined, why: string): ConfigError =>
  unsupported(`dbt${line === undefined ? '' : `, line ${line}`}: ${why}`)
