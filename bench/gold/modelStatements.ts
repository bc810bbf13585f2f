import type { CompiledProject } from '../../src/models/project/projectNodes.ts'

/**
 * The bare SQL that makes all published models of a project anew, in order, into the database `gold`: no statement for
 * a model that only a refresh reads.
 */
export function modelStatements({ models }: Pick<CompiledProject, 'models'>): string[] {
  const needed = new Set<(typeof models)[number]>()
  for (const model of models.toReversed()) {
    const isRead = [...needed].some(({ sql }) => sql.includes(model.relation))
    if (model.published || isRead) needed.add(model)
  }
  const made = models.filter((model) => needed.has(model))
  const schemas = new Set(made.map(({ relation }) => relation.split('.').slice(0, 2).join('.')))
  return [
    ...[...schemas].map((schema) => `create schema if not exists ${schema}`),
    ...made.map(
      ({ relation, stored, sql }) =>
        `create ${stored === 'view' ? 'view' : 'table'} ${relation} as ${sql}`,
    ),
  ]
}
