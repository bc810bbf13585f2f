import { DuckDBInstance } from '@duckdb/node-api'

/** What every table of a DuckDB file holds: the number of its rows and a sum over what is in them. */
export async function digest(
  file: string,
): Promise<{ readonly posts: number; readonly tables: Readonly<Record<string, string>> }> {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY', threads: '2' })
  const connection = await instance.connect()
  const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRows()
  const names = await rows(
    "select table_name from information_schema.tables where table_schema = 'main' and table_type = 'BASE TABLE' order by 1",
  )
  const tables: Record<string, string> = {}
  for (const [name] of names) {
    const [row] = await rows(
      `select count(*)::varchar, bit_xor(hash(t))::varchar, sum(hash(t))::varchar from "${String(name)}" as t`,
    )
    tables[String(name)] = row!.map(String).join(' ')
  }
  const [count] = await rows('select count(*) from dim_posts')
  return { posts: Number(count![0]), tables }
}
