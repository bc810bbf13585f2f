/** How a column's value gets into another: as it is, through an expression, or through an aggregate. */
export type OriginKind = 'identity' | 'transformation' | 'aggregation'

/** A column of a table that a value comes from. */
export interface ColumnOrigin {
  readonly table: string
  readonly column: string
  readonly kind: OriginKind
}

/** Where a value comes from; of a struct also where each field does. */
export interface Value {
  readonly origins: readonly ColumnOrigin[]
  readonly fields?: ReadonlyMap<string, Value>
}

const RANK: Readonly<Record<OriginKind, number>> = {
  identity: 0,
  transformation: 1,
  aggregation: 2,
}

/** Every origin once, under the strongest of its kinds. */
export function united(values: readonly Value[]): Value {
  const found = new Map<string, ColumnOrigin>()
  for (const { origins } of values) {
    for (const origin of origins) {
      const key = JSON.stringify([origin.table, origin.column])
      const known = found.get(key)
      if (known === undefined || RANK[known.kind] < RANK[origin.kind]) found.set(key, origin)
    }
  }
  return { origins: [...found.values()] }
}

/** The value after something was done to it. */
export function through(value: Value, kind: OriginKind): Value {
  const origins = value.origins.map((origin) =>
    RANK[origin.kind] < RANK[kind] ? { ...origin, kind } : origin,
  )
  if (value.fields === undefined) return { origins }
  const fields = [...value.fields].map(([name, field]) => [name, through(field, kind)] as const)
  return { origins, fields: new Map(fields) }
}
