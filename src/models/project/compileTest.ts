import { plainValue } from './properties.ts'
import type { GenericTest } from './properties.ts'
import type { CompiledTest } from './compileProject.ts'
import { projectError, unsupported } from './projectError.ts'
import type { Yaml } from './readYaml.ts'
import { identifier, literal } from './sqlText.ts'

/** Turns `ref('…')` or `source('…', '…')` into the name of a table. */
type Resolve = (call: string) => string

const CALL = /^\s*(ref|source)\(\s*(?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))?\s*\)\s*$/

/** What the tests here take, besides a column. */
const TAKEN = ['values', 'quote', 'to', 'field']

/** A generic test as a query for the rows that fail it, as dbt defines them. */
export function compileTest(test: GenericTest, resolve: Resolve): CompiledTest {
  const { place, config, column, subject } = test
  if (column === undefined) throw projectError(place, `the test '${test.test}' names no column`)
  const relation = resolve(test.on)
  const from =
    config.where === undefined ? relation : `(select * from ${relation} where ${config.where})`
  return {
    name: test.name ?? defaultName(test, subject, column),
    file: place.file,
    sql: query(test, expression(column), from, resolve),
    severity: config.severity,
  }
}

/** The name that dbt gives such a test. */
function defaultName({ test, on, arguments: given }: GenericTest, subject: string, column: string) {
  const source = on.startsWith('source') ? 'source_' : ''
  const words = given
    .entries()
    .filter(([name]) => TAKEN.includes(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, { value }]) => value)
    .map((value) =>
      typeof value === 'boolean' ? (value ? 'True' : 'False') : (value as string | number),
    )
  const own = [`${source}${test}_${subject}_${column}`, ...words]
  return own.map((word) => String(word).replaceAll(/\W+/g, '_')).join('__')
}

function query(test: GenericTest, column: string, from: string, resolve: Resolve): string {
  const given = test.arguments
  switch (test.test) {
    case 'unique':
      return `select ${column} as value, count(*) as n from ${from} as tested where ${column} is not null group by 1 having count(*) > 1`
    case 'not_null':
      return `select * from ${from} as tested where ${column} is null`
    case 'accepted_values':
      return `select ${column} as value, count(*) as n from ${from} as tested where ${column} not in (${accepted(given)}) group by 1`
    case 'relationships': {
      const field = given.at('field').text()
      const to = given.at('to').text()
      if (to === undefined || field === undefined || !CALL.test(to)) {
        throw projectError(test.place, "relationships takes `to: ref('…')` and `field`")
      }
      const parents = `select ${expression(field)} as value from ${resolve(to)}`
      return `select value from (select ${column} as value from ${from} as tested where ${column} is not null) anti join (${parents}) using (value)`
    }
    default:
      throw unsupported(test.place, `the generic test '${test.test}'`)
  }
}

function accepted(given: Yaml): string {
  const values = given.at('values').items()
  if (values.length === 0) throw projectError(given.place, 'accepted_values takes a list of values')
  const quoted = given.at('quote').value !== false
  return values
    .map(({ value, place }) => String(plainValue(value, place)))
    .map((value) => (quoted ? literal(value) : value))
    .join(', ')
}

/** A column by its name, or whatever expression schema.yml has in its place. */
const expression = (column: string): string => (/^\w+$/.test(column) ? identifier(column) : column)
