import type { Expectation } from './expectation.ts'
import * as columnFigures from './expectations/columnFigures.ts'
import * as columnValues from './expectations/columnValues.ts'
import * as severalColumns from './expectations/severalColumns.ts'
import * as tables from './expectations/tables.ts'

/** A factory whose arguments come from a file: they are checked when it is called. */
export type AnyExpectation = (options: Readonly<Record<string, unknown>>) => Expectation

const { expectQueryToReturnNoRows } = tables

/** Every expectation by Great Expectations' name in camelCase. */
export const EXPECTATIONS: ReadonlyMap<string, AnyExpectation> = new Map(
  Object.entries({
    ...columnValues,
    ...columnFigures,
    ...severalColumns,
    ...tables,
    unexpectedRowsExpectation: expectQueryToReturnNoRows,
  }).map(([name, factory]) => [name, factory as unknown as AnyExpectation]),
)

/** `expect_column_to_exist` or `ExpectColumnToExist` as `expectColumnToExist`. */
export const camelCase = (name: string): string =>
  name
    .replace(/_+$/, '')
    .replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^[A-Z]/, (letter) => letter.toLowerCase())
