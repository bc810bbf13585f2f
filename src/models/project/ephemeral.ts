/** The name under which an ephemeral model stands in the SQL of those that read it. */
export const cteOf = (name: string): string => `__dbt__cte__${name}`

/** A query that others are put in front of, by the names that it has for them. */
export function withCtes(sql: string, ctes: readonly (readonly [string, string])[]): string {
  if (ctes.length === 0) return sql
  const before = ctes.map(([name, query]) => `${name} as (\n${query}\n)`).join(',\n')
  // Inside parentheses the query may have CTEs of its own.
  return `with ${before}\nselect * from (\n${sql}\n)`
}
