import { projectError } from './projectError.ts'

/** A model and the names that it reads; names that are no model (seeds) don't matter here. */
export interface Ordered {
  readonly name: string
  readonly file: string
  readonly reads: ReadonlySet<string>
}

/**
 * Puts every model behind those that it reads, else by name: the same order each time.
 *
 * @throws ConfigError `SBX_MODELS_PROJECT` where models read each other in a circle
 */
export function buildOrder<Model extends Ordered>(models: readonly Model[]): Model[] {
  const byName = new Map(models.map((model) => [model.name, model]))
  const done = new Set<Model>()
  const visit = (model: Model, path: readonly string[]): void => {
    if (done.has(model)) return
    if (path.includes(model.name)) {
      const circle = [...path.slice(path.indexOf(model.name)), model.name].join(' → ')
      throw projectError({ file: model.file }, `models read each other in a circle: ${circle}`)
    }
    for (const name of [...model.reads].sort()) {
      const read = byName.get(name)
      if (read !== undefined) visit(read, [...path, model.name])
    }
    done.add(model)
  }
  const inOrder = [...models].sort((one, other) => (one.name < other.name ? -1 : 1))
  for (const model of inOrder) visit(model, [])
  return [...done]
}
