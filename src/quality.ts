// Suites of expectations
export { defineSuite, type RawTable, type Suite, type SuiteTable } from './quality/suite.ts'
export { suiteGate, type SuiteGateOptions } from './quality/suiteGate.ts'
export { checkLake, refuseBlocked, type CheckLakeOptions } from './quality/checkLake.ts'
export { readResults } from './quality/resultStore.ts'
export type { ExpectationResult, SuiteResult } from './quality/suiteResult.ts'
export type { Expectation, ExpectationOptions, Severity } from './quality/expectation.ts'

// Suites from elsewhere
export {
  greatExpectationsSuite,
  type GreatExpectationsOptions,
} from './quality/import/greatExpectationsSuite.ts'
export { dbtSuite, type DbtSuiteOptions } from './quality/import/dbtSuite.ts'

// What may be expected of a column's values
export {
  expectColumnValuesToNotBeNull,
  expectColumnValuesToBeNull,
  expectColumnValuesToBeUnique,
  expectColumnValuesToBeInSet,
  expectColumnValuesToNotBeInSet,
  expectColumnValuesToBeBetween,
  expectColumnValueLengthsToBeBetween,
  expectColumnValueLengthsToEqual,
  expectColumnValuesToMatchRegex,
  expectColumnValuesToNotMatchRegex,
  expectColumnValuesToMatchRegexList,
  expectColumnValuesToNotMatchRegexList,
  expectColumnValuesToMatchLikePattern,
  expectColumnValuesToNotMatchLikePattern,
  expectColumnValuesToBeJsonParseable,
  expectColumnValuesToMatchStrftimeFormat,
} from './quality/expectations/columnValues.ts'

// … what they amount to
export {
  expectColumnMinToBeBetween,
  expectColumnMaxToBeBetween,
  expectColumnMeanToBeBetween,
  expectColumnMedianToBeBetween,
  expectColumnStdevToBeBetween,
  expectColumnSumToBeBetween,
  expectColumnUniqueValueCountToBeBetween,
  expectColumnProportionOfUniqueValuesToBeBetween,
  expectColumnProportionOfNonNullValuesToBeBetween,
  expectColumnQuantileValuesToBeBetween,
  expectColumnMostCommonValueToBeInSet,
  expectColumnDistinctValuesToBeInSet,
  expectColumnDistinctValuesToContainSet,
  expectColumnDistinctValuesToEqualSet,
} from './quality/expectations/columnFigures.ts'

// … of several columns
export {
  expectColumnPairValuesToBeEqual,
  expectColumnPairValuesAToBeGreaterThanB,
  expectColumnPairValuesToBeInSet,
  expectCompoundColumnsToBeUnique,
  expectSelectColumnValuesToBeUniqueWithinRecord,
  expectMulticolumnSumToEqual,
  expectForeignKeysInColumnAToExistInColumnB,
} from './quality/expectations/severalColumns.ts'

// … and of a table
export {
  expectTableRowCountToBeBetween,
  expectTableRowCountToEqual,
  expectTableRowCountToEqualOtherTable,
  expectTableRowCountChangeToBeBetween,
  expectColumnMaxToBeRecent,
  expectQueryToReturnNoRows,
  expectColumnToExist,
  expectTableColumnCountToBeBetween,
  expectTableColumnCountToEqual,
  expectTableColumnsToMatchSet,
  expectTableColumnsToMatchOrderedList,
  expectColumnValuesToBeOfType,
  expectColumnValuesToBeInTypeList,
} from './quality/expectations/tables.ts'
