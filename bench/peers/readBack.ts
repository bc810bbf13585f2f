import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

/** What any reader of Silver can add up. */
export type SilverFacts = Readonly<Record<(typeof FACTS)[number], number>>

const FACTS = ['rows', 'ids', 'days', 'likes', 'shares', 'impressions', 'hashtags'] as const
/** DuckDB takes a line that ends behind a `[` and the next one for one record: some 1 in 6,000 is lost. */
const MAY_DIFFER = 0.0005

/** Adds up the rows in a lake's `silver`, whoever wrote them. */
export async function readBack(lake: string): Promise<SilverFacts> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const files = (await dataFiles(join(lake, 'silver'))).map((file) => `'${file}'`).join(', ')
    const result = await connection.runAndReadAll(
      `select count(*), count(distinct post_id), count(distinct date), sum(likes)::bigint,
         sum(shares)::bigint, sum(impressions)::bigint, sum(len(hashtags))::bigint
       from read_parquet([${files}], hive_partitioning = true)`,
    )
    const [row] = result.getRows()
    return Object.fromEntries(
      FACTS.map((name, index) => [name, Number(row![index])]),
    ) as SilverFacts
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** Files in the folders of partitions; Flink's have no ending, and others lay checksums beside theirs. */
export async function dataFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(({ name, parentPath }) => parentPath.includes('date=') && !/^[._]/.test(name))
    .map(({ name, parentPath }) => join(parentPath, name))
}

/** In what two lakes differ by more than the peers' known faults explain. */
export const differences = (wanted: SilverFacts, got: SilverFacts): string[] =>
  FACTS.filter((name) => Math.abs(got[name] - wanted[name]) > wanted[name] * MAY_DIFFER).map(
    (name) => `${name} ${got[name]} instead of ${wanted[name]}`,
  )
