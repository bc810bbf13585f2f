import { mkdtemp } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { readDelta } from '../../src/lake/delta/readDelta.ts'
import { openDatabase } from '../../src/lake/openDatabase.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { compileProject } from '../../src/models/project/compileProject.ts'
import { readProject } from '../../src/models/project/readProject.ts'
import { models } from './models.ts'
import { modelStatements } from './modelStatements.ts'

/** The models' statements in their order, and nothing else; returns the file that they made. */
export async function bareSql({
  lake,
  threads,
}: {
  readonly lake: string
  readonly threads: number
}): Promise<string> {
  const project = compileProject(readProject(models), { schema: 'main', env: {} })
  const folder = await mkdtemp(join(lake, 'bare-'))
  const file = join(folder, 'bare.duckdb')
  const database = await openDatabase({
    threads,
    memoryBytes: totalmem() * 0.8,
    spillDirectory: join(folder, 'spill'),
    signal: undefined,
  })
  await database.run(`attach '${file}' as gold`)
  const posts = await readDelta(await openLake(lake), 'silver/posts')
  const files = posts!.files.map(({ path }) => `'${join(lake, 'silver/posts', path)}'`).join(', ')
  const types = 'hive_partitioning = true, hive_types = {platform: VARCHAR, date: DATE}'
  await database.run('create schema memory.source_silver')
  await database.run(
    `create view memory.source_silver.posts as from read_parquet([${files}], ${types})`,
  )
  for (const { relation, file: csv } of project.seeds) {
    await database.run(`create table ${relation} as from read_csv('${join(models, csv)}')`)
  }
  for (const statement of modelStatements(project)) await database.run(statement)
  await database.run('detach gold')
  database.close()
  return file
}
