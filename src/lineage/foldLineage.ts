import type { ModelLineage } from './columnLineage.ts'
import { through, united, type ColumnOrigin } from './origins.ts'

/** By model, by column. */
export type FoldedLineage = ReadonlyMap<string, Readonly<Record<string, readonly ColumnOrigin[]>>>

/**
 * Column lineage over as many steps as it takes: each column of the wanted models with its origins in tables that
 * are no models, or are wanted themselves.
 */
export function foldLineage(
  lineages: readonly ModelLineage[],
  wanted: ReadonlySet<string>,
): FoldedLineage {
  const models = new Map(
    lineages.map(({ model, columns }) => [
      model,
      new Map(columns.map(({ name, from }) => [name, from])),
    ]),
  )
  const known = new Map<string, readonly ColumnOrigin[]>()
  const endsOf = (origin: ColumnOrigin): readonly ColumnOrigin[] => {
    const columns = models.get(origin.table)
    if (columns === undefined || wanted.has(origin.table)) return [origin]
    const key = JSON.stringify([origin.table, origin.column])
    const ends =
      known.get(key) ??
      united((columns.get(origin.column) ?? []).map((from) => ({ origins: endsOf(from) }))).origins
    known.set(key, ends)
    return through({ origins: ends }, origin.kind).origins
  }
  return new Map(
    [...models]
      .filter(([model]) => wanted.has(model))
      .map(([model, columns]) => [
        model,
        Object.fromEntries(
          [...columns].map(([name, from]) => {
            return [name, united(from.map((origin) => ({ origins: endsOf(origin) }))).origins]
          }),
        ),
      ]),
  )
}
