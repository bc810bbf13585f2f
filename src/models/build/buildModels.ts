import { join } from 'node:path'
import type { Column } from '../../core/columns.ts'
import { OperatorError } from '../../core/errors.ts'
import type { BuildGate, CheckResult } from '../../core/models.ts'
import { PUBLISHED_CATALOG } from '../project/compileProject.ts'
import type { CompiledModel, CompiledProject } from '../project/compileProject.ts'
import { unsupported } from '../project/projectError.ts'
import { identifier, literal } from '../project/sqlText.ts'
import { bindSource } from './bindSource.ts'
import type { LocalTable } from './bindSource.ts'
import { checkBuild } from './checkBuild.ts'
import { openDatabase } from '../../lake/openDatabase.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { columnTypeOf } from './sourceTable.ts'

/** A published model as a local Parquet file. */
export interface BuiltTable {
  readonly name: string
  readonly path: string
  readonly rows: number
  readonly columns: readonly Column[]
}

/** What one build leaves in its folder. */
export interface BuiltModels {
  /** The finished DuckDB file with all published models. */
  readonly database: string
  readonly tables: readonly BuiltTable[]
  readonly checks: readonly CheckResult[]
}

export interface BuildModelsOptions {
  readonly project: CompiledProject
  /** The project's folder: where the seeds are. */
  readonly root: string
  readonly schema: string
  /** By name of the source's table; undefined where the table does not exist yet. */
  readonly sources: Readonly<Record<string, LocalTable | undefined>>
  readonly gates: readonly BuildGate[]
  /** An empty folder of this build's own. */
  readonly directory: string
  readonly threads: number
  readonly memoryBytes: number
  readonly signal: AbortSignal | undefined
  readonly node: string
}

/**
 * Builds all models of a project, checks them and writes what is published as one DuckDB file and one
 * Parquet file (zstd) a model.
 *
 * @throws GateError `SBX_MODELS_CHECK`; OperatorError `SBX_MODELS_SQL` (a model's SQL failed);
 *   ConfigError `SBX_MODELS_UNSUPPORTED` (a column of a type that Delta tables don't have)
 */
export async function buildModels(options: BuildModelsOptions): Promise<BuiltModels> {
  const { project, directory, node } = options
  const published = project.models.filter((model) => model.published)
  const file = join(directory, 'gold.duckdb')
  const database = await openDatabase({ ...options, spillDirectory: join(directory, 'spill') })
  try {
    await database.run(`attach ${literal(file)} as ${PUBLISHED_CATALOG}`)
    const schema = `${PUBLISHED_CATALOG}.${identifier(options.schema)}`
    await database.run(`create schema if not exists ${schema}`)
    for (const source of project.sources) {
      await bindSource(database, source, options.sources[source.table])
    }
    await loadSeeds(database, options)
    for (const model of project.models) {
      const create = `create ${model.stored} ${model.relation} as\n${model.sql}`
      await named(node, model.file, () => database.run(create))
    }
    const checks = await checkBuild(database, { ...options, tests: project.tests })
    const tables: BuiltTable[] = []
    for (const model of published) tables.push(await exportTable(database, model, directory))
    // Writes the last of it: from here on the file is whole and has no log beside it.
    await database.run(`detach ${PUBLISHED_CATALOG}`)
    return { database: file, tables, checks }
  } finally {
    database.close()
  }
}

async function loadSeeds(database: Database, { project, root, node }: BuildModelsOptions) {
  for (const seed of project.seeds) {
    const types = Object.entries(seed.config.columnTypes).map(
      ([column, type]) => `${literal(column)}: ${literal(type)}`,
    )
    const given = types.length === 0 ? '' : `, types = {${types.join(', ')}}`
    const csv = `read_csv(${literal(join(root, seed.file))}, header = true, delim = ',', quote = '"', escape = '"'${given})`
    await named(node, seed.file, () => database.run(`create table ${seed.relation} as from ${csv}`))
  }
}

async function exportTable(
  database: Database,
  model: CompiledModel,
  directory: string,
): Promise<BuiltTable> {
  const path = join(directory, `${model.name}.parquet`)
  const described = await database.rows(`describe ${model.relation}`)
  const columns = described.map((row): Column => {
    const name = row['column_name'] as string
    const duckdbType = row['column_type'] as string
    const type = columnTypeOf(duckdbType)
    if (type !== undefined) return { name, type, nullable: true }
    const feature = `column '${name}' of type ${duckdbType}, which tables in the lake don't have (cast it),`
    throw unsupported({ file: model.file }, feature)
  })
  await database.run(
    `copy ${model.relation} to ${literal(path)} (format parquet, compression zstd, compression_level 1)`,
  )
  const [counted] = await database.rows(`select count(*) as n from ${model.relation}`)
  return { name: model.name, path, rows: Number(counted?.['n']), columns }
}

async function named<Result>(node: string, file: string, work: () => Promise<Result>) {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AbortError') throw error
    throw new OperatorError(`${file}: ${error.message}`, {
      code: 'SBX_MODELS_SQL',
      node,
      cause: error,
    })
  }
}
