import type { Database } from '../../lake/openDatabase.ts'

export interface RelationColumn {
  readonly name: string
  /** As DuckDB writes it. */
  readonly type: string
}

/** The columns of a table, a view or a query in parentheses. */
export async function columnsOf(
  database: Database,
  relation: string,
): Promise<readonly RelationColumn[]> {
  const rows = await database.rows(`describe select * from ${relation}`)
  return rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }))
}
