// dbt projects on embedded DuckDB
export { sqlModels, type SqlModelsOptions } from './models/sqlModels.ts'
export type { BuildGate, BuildQuery, BuildReport, CheckResult, ModelsUnit } from './core/models.ts'
