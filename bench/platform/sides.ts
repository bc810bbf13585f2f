import { join } from 'node:path'
import type { Side } from '../peers/sides.ts'
import { python } from '../peers/packages.ts'

const root = join(import.meta.dirname, '../..')

/** Who does the platform's whole work, and what of it is left out. */
export const PLATFORM_SIDES: Readonly<Record<string, Side>> = {
  sluicebox: {
    name: 'Sluicebox',
    leavesOut: 'nothing',
    command: (landing, lake, threads) => ({
      command: process.execPath,
      args: [
        ...[join(root, 'topologies/full.ts'), '--json', '--landing', landing, '--lake', lake],
        ...['--parallelism', String(threads)],
      ],
    }),
  },
  duckdb: {
    name: 'DuckDB alone',
    leavesOut:
      'Bronze, quarantine and reasons, exactly once, suites and tests, Delta tables; which of the repeats is kept; a record behind a line that ends in an open list',
    command: (landing, lake, threads) => ({
      command: process.execPath,
      args: [join(import.meta.dirname, 'runScript.ts'), landing, lake, String(threads)],
    }),
  },
  python: {
    name: 'PySpark + Great Expectations + dbt',
    leavesOut:
      "Bronze and its suites, exactly once, Gold's suites (dbt's own tests are run) and its Delta tables, publishing only what passed; which of the repeats is kept",
    command: (landing, lake, threads) => ({
      command: 'bash',
      args: [join(import.meta.dirname, 'pythonStack.sh'), landing, lake, String(threads)],
      env: {
        SPARK_PYTHON: python('pyspark.txt'),
        GX_PYTHON: python('gx.txt'),
        DBT_PYTHON: python('dbt.txt'),
        MODELS: join(root, 'topologies/models'),
      },
    }),
  },
}
