import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Render } from './compileProject.ts'
import { withCtes } from './ephemeral.ts'
import type { Layout } from './layout.ts'
import { projectError, unsupported } from './projectError.ts'
import type { CompiledTest, PlainTest } from './projectNodes.ts'
import type { ModelsProject } from './readProject.ts'
import { standIn } from './relation.ts'
import { identifier, literal } from './sqlText.ts'
import { pythonText, testHash } from './testHash.ts'
import { plainValue } from './testProperties.ts'
import type { GenericTest } from './testProperties.ts'

/** What tests of a project are compiled with. */
export interface TestContext {
  readonly project: ModelsProject
  readonly render: Render
  readonly layout: Layout
  ctesFor(reads: readonly string[]): (readonly [string, string])[]
}

const CALL = /^\s*(ref|source)\(\s*(?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))?\s*\)\s*$/
const PLAIN = /^\w+$/
/** dbt cuts the names of tables from here on. */
const LONGEST = 63

/** A generic test as a query for the rows that fail it, as dbt defines them. */
export function compileGenericTest(test: GenericTest, context: TestContext): CompiledTest {
  const { place, column, subject } = test
  const { project, layout, ctesFor } = context
  const reads: string[] = []
  const rendered = (text: string): string => {
    const one = context.render({ ...place, text }, test.config, { name: subject })
    reads.push(...one.reads)
    return one.sql
  }
  const call = (text: string): string => rendered(`{{ ${text} }}`)
  const on = call(test.on)
  const [attached] = reads
  const { where } = test.config
  const from =
    where === undefined
      ? on
      : `(select * from ${on} where ${where.includes('{{') ? rendered(where) : where}) dbt_subquery`
  const given: JsonObject = Object.fromEntries(
    test.arguments.map(([name, yaml]) => [name, yaml.value]),
  )
  const name = test.name ?? defaultName(test, given)
  const own = ownTest(project, test.test)
  let sql: string
  let asks: PlainTest | undefined
  let config = test.config
  if (own) {
    const names = Object.entries(given).map(([key, value]) => [
      key,
      evaluated(value, call, rendered),
    ])
    const keywords = Object.fromEntries(names) as Record<string, unknown>
    const more = { model: standIn(from), column_name: column, ...keywords }
    const passed = Object.keys(more).filter((key) => more[key as 'model'] !== undefined)
    const text = `{{ test_${test.test}(${passed.map((key) => `${key}=${key}`).join(', ')}) }}`
    const one = context.render({ ...place, text }, config, { name: subject, more })
    reads.push(...one.reads)
    ;({ sql, config } = one)
  } else {
    if (column === undefined) throw projectError(place, `the test '${test.test}' names no column`)
    refuseUnknown(test)
    const subquery = where === undefined ? `${from} as tested` : from
    sql = query(test, expression(column), subquery, call)
    asks = plainTest(test, column, on, call)
  }
  const unique = testHash(name, test.test, test.on, {
    ...given,
    ...(column === undefined ? {} : { column_name: column }),
  })
  const folders = place.file.split('/').slice(1, -1)
  return {
    ...{ uniqueId: `test.${project.name}.${name}.${unique}`, kind: 'generic', name, config },
    file: place.file,
    fqn: [project.name, ...folders, name],
    reads: [...new Set(reads)],
    sql: withCtes(sql, ctesFor(reads)),
    rawText: `{{ test_${test.test}(**_dbt_generic_test_kwargs) }}`,
    severity: config.severity,
    relation: String(layout.failures(shortName(test, name))),
    ...{ column, attached, description: test.description, test: test.test },
    given: { ...given, ...(column === undefined ? {} : { column_name: column }) },
    // What an ephemeral model stands for is no table.
    asks: ctesFor(reads).length === 0 ? asks : undefined,
  }
}

/** What dbt's own tests take. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  ...{ unique: [], not_null: [] },
  ...{ accepted_values: ['values', 'quote'], relationships: ['to', 'field'] },
}

/** A misspelt condition or severity would be lost without a word. */
function refuseUnknown({ test, arguments: given }: GenericTest): void {
  const unknown = given.find(([name]) => TAKEN[test]?.includes(name) === false)
  if (unknown === undefined) return
  const [name, { place }] = unknown
  const known = [...(TAKEN[test] ?? []), 'config: { where, severity, … }'].join(', ')
  throw projectError(place, `the test '${test}' takes no '${name}', but ${known}`)
}

/** Whether the project says itself what this test is. */
const ownTest = ({ macros }: ModelsProject, test: string): boolean =>
  macros.some(({ text }) => new RegExp(`\\{%-?\\s*(?:data_)?test\\s+${test}\\s*\\(`).test(text))

/** What a test's macro is given: calls of ref and source are made, Jinja is resolved. */
function evaluated(
  value: Json,
  call: (text: string) => string,
  rendered: (text: string) => string,
): unknown {
  if (typeof value !== 'string') return value
  if (CALL.test(value)) return standIn(call(value))
  return value.includes('{{') ? rendered(value) : value
}

/** The name that dbt gives such a test. */
function defaultName({ test, on, subject, column }: GenericTest, given: JsonObject): string {
  const source = on.startsWith('source') ? 'source_' : ''
  const all: JsonObject = { ...given, ...(column === undefined ? {} : { column_name: column }) }
  const words = Object.keys(all)
    .sort()
    .flatMap((key) => flat(all[key] ?? null))
    .map((word) => word.replaceAll(/[^0-9a-zA-Z_]+/g, '_'))
  return `${source}${test}_${subject}_${words.join('__')}`
}

function flat(value: Json): string[] {
  if (Array.isArray(value)) return value.map(pythonText)
  if (typeof value === 'object' && value !== null) return Object.values(value).map(pythonText)
  return [pythonText(value)]
}

/** Long names are cut and made distinct, as dbt does it. */
function shortName({ test, subject, on }: GenericTest, name: string): string {
  if (name.length <= LONGEST) return name
  const start = `${on.startsWith('source') ? 'source_' : ''}${test}_${subject}`.slice(0, 30)
  return `${start}_${createHash('md5').update(name).digest('hex')}`
}

function query(
  test: GenericTest,
  column: string,
  from: string,
  resolve: (call: string) => string,
): string {
  switch (test.test) {
    case 'unique':
      return `select ${column} as unique_field, count(*) as n_records from ${from} where ${column} is not null group by 1 having count(*) > 1`
    case 'not_null':
      return `select * from ${from} where ${column} is null`
    case 'accepted_values':
      return `select ${column} as value_field, count(*) as n_records from ${from} where ${column} not in (${accepted(test)}) group by 1`
    case 'relationships': {
      const field = given(test, 'field')?.text()
      const to = given(test, 'to')?.text()
      if (to === undefined || field === undefined || !CALL.test(to)) {
        throw projectError(test.place, "relationships takes `to: ref('…')` and `field`")
      }
      const parents = `select ${expression(field)} as from_field from ${resolve(to)}`
      return `select from_field from (select ${column} as from_field from ${from} where ${column} is not null) anti join (${parents}) using (from_field)`
    }
    default:
      throw unsupported(
        test.place,
        `the generic test '${test.test}'`,
        `write it as {% test ${test.test}(model, column_name) %} in tests/generic`,
      )
  }
}

/** Only of columns by their names: an expression may be of more than its row. */
function plainTest(
  test: GenericTest,
  column: string,
  on: string,
  resolve: (call: string) => string,
): PlainTest | undefined {
  if (!PLAIN.test(column)) return undefined
  switch (test.test) {
    case 'unique':
    case 'not_null':
      return { kind: test.test, on, column }
    case 'accepted_values':
      return { kind: test.test, on, column, values: accepted(test) }
    case 'relationships': {
      const field = given(test, 'field')?.text()
      const to = given(test, 'to')?.text()
      if (field === undefined || to === undefined || !PLAIN.test(field)) return undefined
      return { kind: test.test, on, column, to: resolve(to), field }
    }
    default:
      return undefined
  }
}

const given = (test: GenericTest, key: string) => test.arguments.find(([name]) => name === key)?.[1]

function accepted(test: GenericTest): string {
  const values = given(test, 'values')?.items() ?? []
  if (values.length === 0) throw projectError(test.place, 'accepted_values takes a list of values')
  const quoted = given(test, 'quote')?.value !== false
  return values
    .map(({ value, place }) => String(plainValue(value, place)))
    .map((value) => (quoted ? literal(value) : value))
    .join(', ')
}

/** A column by its name, or whatever expression schema.yml has in its place. */
const expression = (column: string): string => (PLAIN.test(column) ? identifier(column) : column)
