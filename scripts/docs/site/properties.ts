import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** What a schema.yml says of one model, seed or table of a source. */
export interface Properties {
  readonly description: string
  readonly columns: ReadonlyMap<string, string>
}

interface Described {
  readonly name: string
  readonly description?: string
  readonly columns?: readonly { readonly name: string; readonly description?: string }[]
  readonly tables?: readonly Described[]
}

/** Descriptions of a dbt project's models, seeds and sources' tables, by name. */
export function readProperties(root: string): ReadonlyMap<string, Properties> {
  const found = new Map<string, Properties>()
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ya?ml$/.test(file) && !file.endsWith('dbt_project.yml'))
    .sort()
  for (const file of files) {
    const yaml = parse(readFileSync(join(root, file), 'utf8')) as Readonly<
      Record<'models' | 'seeds' | 'sources', readonly Described[] | undefined>
    >
    const tables = (yaml.sources ?? []).flatMap((source) => source.tables ?? [])
    for (const one of [...(yaml.models ?? []), ...(yaml.seeds ?? []), ...tables]) {
      const columns = (one.columns ?? []).map(
        (column) => [column.name, column.description ?? ''] as const,
      )
      found.set(one.name, { description: one.description ?? '', columns: new Map(columns) })
    }
  }
  return found
}
