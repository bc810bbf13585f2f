import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../../core/json.ts'
import { projectError } from '../project/projectError.ts'
import type { CompiledUnitTest } from '../project/projectNodes.ts'
import { identifier, literal } from '../project/sqlText.ts'
import { isMapping } from '../project/readYaml.ts'
import type { Fixture } from '../project/unitTestProperties.ts'
import { withCtes } from '../project/ephemeral.ts'
import { named } from './materialize.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { columnsOf } from './relationColumns.ts'
import type { RelationColumn } from './relationColumns.ts'
import type { TestResult } from './runTest.ts'

/**
 * Runs a model over the rows that a unit test gives and compares what it makes with what is expected;
 * the rows that differ are the sample.
 *
 * @param directory for files that live as long as the test
 */
export async function runUnitTest(
  database: Database,
  test: CompiledUnitTest,
  directory: string,
): Promise<TestResult> {
  return named(undefined, `${test.file} (unit test '${test.name}')`, async () => {
    const ctes: (readonly [string, string])[] = []
    for (const { cte, like, rows } of test.inputs) {
      const isSql = rows.format === 'sql'
      const columns = isSql ? [] : await columnsOf(database, like)
      ctes.push([cte, await rowsAsSql(database, rows, columns, directory)])
    }
    const sql = withCtes(test.sql, ctes)
    const actual = await columnsOf(database, `(\n${sql}\n)`)
    const expected = await rowsAsSql(database, test.expect, actual, directory)
    // Columns that the expectation does not speak of are not compared.
    const compared = await comparedColumns(database, test.expect, actual, directory)
    const names = compared.map(identifier).join(', ')
    const got = `select ${names} from (\n${sql}\n)`
    const want = `select ${names} from (\n${expected}\n)`
    const differences = await database.rows(
      `select 'missing' as difference, * from (${want} except all ${got}) union all select 'not expected', * from (${got} except all ${want})`,
    )
    return {
      name: test.name,
      severity: 'error',
      failures: differences.length,
      sample: differences.slice(0, 10),
      status: differences.length === 0 ? 'pass' : 'fail',
    }
  })
}

async function comparedColumns(
  database: Database,
  { format, rows, place }: Fixture,
  actual: readonly RelationColumn[],
  directory: string,
): Promise<readonly string[]> {
  const all = actual.map(({ name }) => name)
  if (format === 'sql') return (await columnsOf(database, `(${String(rows)})`)).map((c) => c.name)
  if (format === 'csv') {
    const file = await csvFile(String(rows), directory)
    const found = await columnsOf(database, csvOf(file))
    await rm(file)
    return inModel(
      found.map(({ name }) => name),
      all,
      place,
    )
  }
  const given = dictRows(rows).flatMap((row) => Object.keys(row))
  return given.length === 0 ? all : inModel([...new Set(given)], all, place)
}

function inModel(given: readonly string[], all: readonly string[], place: Fixture['place']) {
  const unknown = given.find((name) => !all.includes(name))
  if (unknown === undefined) return given
  throw projectError(place, `there is no column '${unknown}' among ${all.join(', ')}`)
}

/** Rows as a query with the columns and types of what they stand for. */
async function rowsAsSql(
  database: Database,
  { format, rows, place }: Fixture,
  columns: readonly RelationColumn[],
  directory: string,
): Promise<string> {
  if (format === 'sql') return String(rows)
  const typed = (value: (name: string) => string) =>
    columns
      .map(({ name, type }) => `cast(${value(name)} as ${type}) as ${identifier(name)}`)
      .join(', ')
  const known = columns.map(({ name }) => name)
  if (format === 'csv') {
    const file = await csvFile(String(rows ?? ''), directory)
    const found = (await columnsOf(database, csvOf(file))).map(({ name }) => name)
    inModel(found, known, place)
    const value = (name: string) => (found.includes(name) ? identifier(name) : 'null')
    // Read at once: the file is gone before the query runs.
    const table = `temp.${identifier(`fixture_${randomUUID()}`)}`
    await database.run(`create temp table ${table} as select ${typed(value)} from ${csvOf(file)}`)
    await rm(file)
    return `from ${table}`
  }
  const given = dictRows(rows)
  if (given.length === 0) return `select ${typed(() => 'null')} where false`
  inModel(
    given.flatMap((row) => Object.keys(row)),
    known,
    place,
  )
  return given
    .map((row) => `select ${typed((name) => sqlValue(row[name] ?? null))}`)
    .join('\nunion all ')
}

const dictRows = (rows: Json): Readonly<Record<string, Json>>[] =>
  Array.isArray(rows) ? rows.filter(isMapping) : []

function sqlValue(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map((item: Json) => sqlValue(item)).join(', ')}]`
  if (isMapping(value)) {
    const entries = Object.entries(value)
    return `{${entries.map(([key, item]) => `${literal(key)}: ${sqlValue(item)}`).join(', ')}}`
  }
  return typeof value === 'string' ? literal(value) : String(value)
}

async function csvFile(text: string, directory: string): Promise<string> {
  const file = join(directory, `fixture-${randomUUID()}.csv`)
  await writeFile(file, text.replaceAll(/^[^\S\n]+/gm, ''))
  return file
}

const csvOf = (file: string): string =>
  `read_csv(${literal(file)}, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', nullstr = '')`
