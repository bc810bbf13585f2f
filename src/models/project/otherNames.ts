import type { Layout } from './layout.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { unsupported } from './projectError.ts'
import type { ModelsProject, SqlFile } from './readProject.ts'
import { lineAt, withoutComments } from './templateText.ts'

const NAMING = /\{%-?\s*macro\s+(generate_(?:schema|alias|database)_name)\b/

/**
 * A published model is a folder of the lake and a table of the published schema, both by its own name: whatever
 * would give it another one in dbt is refused.
 *
 * @throws ConfigError `SBX_MODELS_UNSUPPORTED`
 */
export function refuseOtherNames(
  { macros }: ModelsProject,
  models: readonly { readonly model: SqlFile; readonly config: NodeConfig }[],
  layout: Layout,
): void {
  for (const { file, text } of macros) {
    const found = NAMING.exec(withoutComments(text))
    if (found === null) continue
    const place = { file, line: lineAt(text, found.index) }
    const way =
      'name files as their tables are to be called, and set the schema of private models themselves'
    throw unsupported(place, `the macro ${found[1]}`, way)
  }
  for (const { model, config } of models) {
    if (!layout.isPublished(config)) continue
    for (const setting of ['alias', 'schema'] as const) {
      const value = config[setting]
      if (value === undefined || (setting === 'alias' && value === model.name)) continue
      const at = new RegExp(`\\b${setting}\\s*=`).exec(model.text)
      const place = {
        file: model.file,
        line: at === null ? undefined : lineAt(model.text, at.index),
      }
      const way =
        setting === 'alias'
          ? `name the file ${value}.sql`
          : "leave it out: all public models are in sqlModels' schema"
      throw unsupported(place, `${setting} '${value}' of a public model`, way)
    }
  }
}
