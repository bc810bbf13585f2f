import type { Column } from '../core/columns.ts'
import { ConfigError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { BuildGate, ModelsBuilder, ModelsContext } from '../core/models.ts'
import { openLake } from '../lake/openLake.ts'
import { modelsBuilder } from './modelsBuilder.ts'
import { compileProject } from './project/compileProject.ts'
import type { CompiledProject } from './project/projectNodes.ts'
import { readProject } from './project/readProject.ts'
import { deltaTables } from './publish/deltaTables.ts'

/** What `sqlModels` was given, in full. */
export interface ModelsSettings {
  readonly lake: string
  /** The project's folder, absolute. */
  readonly root: string
  readonly vars: JsonObject
  readonly schema: string
  /** Where in the lake the models go. */
  readonly path: string
  /** Where in the lake the tables are that the project reads, by the name that it calls them. */
  readonly reads: Readonly<Record<string, string>>
  /** Columns of those tables, for as long as they do not exist. */
  readonly columns: Readonly<Record<string, readonly Column[]>>
  readonly gates: readonly BuildGate[]
  readonly incremental: boolean
  readonly keptVersions: number
  readonly memoryBytes: number
}

/**
 * Reads and compiles a project, and makes it ready to be built.
 *
 * @throws ConfigError `SBX_MODELS_PROJECT`, `SBX_MODELS_UNSUPPORTED`, `SBX_MODELS_OPTIONS`
 */
export async function openModels(
  { lake, ...settings }: ModelsSettings,
  context: ModelsContext,
): Promise<ModelsBuilder> {
  const { root, vars, schema, reads } = settings
  const { env } = process
  const read = readProject(root, { vars, env })
  const compile = (own: JsonObject) =>
    compileProject(read, { schema, env, vars: { ...vars, ...own } })
  const project = compile({})
  for (const why of read.warnings) context.logger.warn('models_warning', { why })
  checkSources(project, reads)
  const store = await openLake(lake)
  const delta = deltaTables(store, context.clock)
  return modelsBuilder({ ...settings, store, delta, project, compile }, context)
}

function checkSources({ sources, models }: CompiledProject, reads: Record<string, string>): void {
  const unknown = sources.find(({ table }) => !Object.hasOwn(reads, table))
  if (unknown !== undefined) {
    throw new ConfigError(
      `the models read source('${unknown.source}', '${unknown.table}'), which sqlModels is not given: add '${unknown.table}' to its reads`,
      { code: 'SBX_MODELS_OPTIONS' },
    )
  }
  if (!models.some((model) => model.published)) {
    throw new ConfigError(
      "no model is public, so there is nothing to publish: set `+access: public` for the models' folder in dbt_project.yml",
      { code: 'SBX_MODELS_PROJECT' },
    )
  }
}
