import { tmpdir } from 'node:os'
import { onTestFinished } from 'vitest'
import type { BuildQuery } from '../../src/core/models.ts'
import { openDatabase } from '../../src/lake/openDatabase.ts'

/** A DuckDB in memory, closed behind the test; `asked` are the statements so far. */
export async function database(
  ...setUp: readonly string[]
): Promise<{ readonly query: BuildQuery; readonly asked: string[] }> {
  const opened = await openDatabase({
    threads: 1,
    memoryBytes: 128 * 2 ** 20,
    spillDirectory: tmpdir(),
    signal: undefined,
  })
  onTestFinished(() => opened.close())
  for (const sql of setUp) await opened.run(sql)
  const asked: string[] = []
  return {
    asked,
    query: (sql) => {
      asked.push(sql)
      return opened.rows(sql)
    },
  }
}
