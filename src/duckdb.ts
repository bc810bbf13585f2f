// dbt projects on embedded DuckDB
export { sqlModels, type SqlModelsOptions } from './models/sqlModels.ts'
export type { BuildGate, BuildQuery, BuildReport, CheckResult, ModelsUnit } from './core/models.ts'

// Going back to a version that is kept
export {
  modelVersions,
  rollbackModels,
  type Rollback,
  type RollbackModelsOptions,
} from './models/rollbackModels.ts'
export type { PublishedTable, VersionManifest } from './models/publish/versions.ts'

// dbt projects on a DuckDB file, as dbt runs them
export {
  runProject,
  type ProjectCommand,
  type ProjectRun,
  type RunProjectOptions,
} from './models/runProject.ts'
export type { FreshnessResult, NodeResult } from './models/artifacts/runResults.ts'
