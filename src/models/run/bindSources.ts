import { dirname, resolve } from 'node:path'
import type { Database } from '../../lake/openDatabase.ts'
import { openLake } from '../../lake/openLake.ts'
import { readDelta } from '../../lake/delta/readDelta.ts'
import { bindSource } from '../build/bindSource.ts'
import { databaseLayout } from '../project/layout.ts'
import type { Layout } from '../project/layout.ts'
import { projectError, unsupported } from '../project/projectError.ts'
import type { CompiledSource } from '../project/projectNodes.ts'
import { relation } from '../project/relation.ts'
import type { SourceTable } from '../project/sourceProperties.ts'
import { literal } from '../project/sqlText.ts'

/** A database of its own with sources that dbt-duckdb would bind: outside of it. */
export function runLayout(database: string, schema: string): Layout {
  const layout = databaseLayout(database, schema)
  return {
    ...layout,
    source: (table) =>
      isOutside(table)
        ? relation('memory', `source_${table.source}`, table.table)
        : layout.source(table),
  }
}

const isOutside = ({ rawMeta }: SourceTable): boolean =>
  'plugin' in rawMeta || 'external_location' in rawMeta

/** Makes views of the Delta tables and files that sources name in their `meta`, as dbt-duckdb does. */
export async function bindSources(
  database: Database,
  sources: readonly CompiledSource[],
  root: string,
): Promise<void> {
  for (const source of sources) {
    if (!isOutside(source)) continue
    const meta = source.meta()
    const { plugin, delta_table_path: path, external_location: location } = meta
    if (typeof location === 'string') {
      const schema = source.relation.split('.').slice(0, 2).join('.')
      await database.run(`create schema if not exists ${schema}`)
      const named = location
        .replaceAll('{name}', source.table)
        .replaceAll('{schema}', source.schema)
      const from = named.includes('(') ? named : literal(resolve(root, named))
      await database.run(`create or replace view ${source.relation} as from ${from}`)
    } else if (plugin === 'delta' && typeof path === 'string') {
      const folder = resolve(root, path)
      const table = folder.slice(dirname(folder).length + 1)
      const version = await readDelta(await openLake(dirname(folder)), table)
      await bindSource(database, source, version === undefined ? undefined : { ...version, folder })
    } else if (plugin === 'delta') {
      throw projectError(source.place, 'the plugin delta needs a delta_table_path')
    } else {
      const way = 'use the plugin delta, or an external_location'
      throw unsupported(source.place, `the plugin ${JSON.stringify(plugin)}`, way)
    }
  }
}
