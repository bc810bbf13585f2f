import { projectError } from '../project/projectError.ts'
import type { CompiledModel } from '../project/projectNodes.ts'
import { identifier } from '../project/sqlText.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { compressionOf } from './columnCompression.ts'
import { columnsOf } from './relationColumns.ts'

/** A contract that the SQL keeps. */
export interface Contract {
  /** Column definitions and constraints, as `create table` takes them. */
  readonly ddl: string
  /** The columns in the contract's order. */
  readonly columns: string
}

/**
 * Compares what a model's SQL gives with the columns and types that its contract has; undefined where
 * it has none that is enforced.
 *
 * @throws ConfigError `SBX_MODELS_PROJECT` naming every column that differs
 */
export async function contractOf(
  database: Database,
  model: CompiledModel,
): Promise<Contract | undefined> {
  const { config, columns, constraints, file, sql } = model
  if (!config.contract) return undefined
  const wanted = await Promise.all(
    columns.map(async ({ name, dataType }) => {
      if (dataType === undefined) {
        throw projectError({ file }, `the contract has no data_type for the column '${name}'`)
      }
      const [typed] = await columnsOf(database, `(select cast(null as ${dataType}) as c)`)
      return { name, type: typed?.type ?? dataType }
    }),
  )
  const got = await columnsOf(database, `(\n${sql}\n)`)
  const differences = [
    ...wanted.flatMap(({ name, type }) => {
      const found = got.find((column) => column.name === name)
      if (found === undefined) return [`${name} ${type} is missing`]
      return found.type === type ? [] : [`${name} is ${found.type} instead of ${type}`]
    }),
    ...got
      .filter(({ name }) => !wanted.some((column) => column.name === name))
      .map(({ name, type }) => `${name} ${type} is not in it`),
  ]
  if (differences.length > 0) {
    throw projectError({ file }, `the SQL breaks the model's contract: ${differences.join('; ')}`)
  }
  const ddl = columns.map(({ name, constraints: own }, index) => {
    const rules = own.map(({ type, expression }) =>
      type === 'check' ? `check (${expression})` : type.replace('_', ' '),
    )
    const stored = compressionOf(model, name)
    return [identifier(name), wanted[index]?.type, stored, ...rules].join(' ')
  })
  const whole = constraints.map(({ type, expression, columns: named }) => {
    const list = `(${named.map(identifier).join(', ')})`
    return type === 'check' ? `check (${expression})` : `${type.replace('_', ' ')} ${list}`
  })
  return {
    ddl: [...ddl, ...whole].join(', '),
    columns: columns.map(({ name }) => identifier(name)).join(', '),
  }
}
