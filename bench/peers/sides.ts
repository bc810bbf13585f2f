import { join } from 'node:path'
import type { Command } from '../harness/runWatched.ts'
import { packagedFile, RAW_TO_SILVER } from '../harness/packaged.ts'
import { jars, python } from './packages.ts'

/** Who does the job, in what way, and what of it is left out. */
export interface Side {
  readonly name: string
  readonly leavesOut: string
  /** @param lake an empty folder; rows go to `silver` in it */
  command(landing: string, lake: string, threads: number): Command
}

const NOT_EXACTLY_ONCE = 'Bronze, quarantine, reasons, exactly once'

const ours = (bronze: boolean): Side['command'] => {
  const side = bronze ? 'with-bronze' : 'sluicebox'
  return (landing, lake, threads) => inNode(side, landing, lake, threads)
}
const inNode = (side: string, landing: string, lake: string, threads: number): Command => ({
  command: process.execPath,
  args: [
    packagedFile(RAW_TO_SILVER),
    ...['--side', side, '--landing', landing, '--lake', lake, '--threads', String(threads)],
  ],
})

const job = (name: string): string => join(import.meta.dirname, name)
const spark =
  (mode: string): Side['command'] =>
  (landing, lake, threads) => ({
    command: python('pyspark.txt'),
    args: [job('sparkJob.py'), landing, lake, String(threads), mode],
  })
const flink =
  (mode: string): Side['command'] =>
  (landing, lake, threads) => ({
    command: python('flink.txt'),
    args: [job('flinkJob.py'), landing, lake, String(threads), mode],
    env: { HADOOP_CLASSPATH: join(jars('flink-pom.xml'), '*') },
  })

export const SIDES: Readonly<Record<string, Side>> = {
  sluicebox: { name: 'Sluicebox', leavesOut: 'Bronze', command: ours(false) },
  'with-bronze': { name: 'Sluicebox with Bronze', leavesOut: 'nothing', command: ours(true) },
  duckdb: {
    name: 'DuckDB',
    leavesOut: `${NOT_EXACTLY_ONCE}; which of the repeats is kept; a record behind a line that ends in an open list`,
    command: (landing, lake, threads) => inNode('duckdb', landing, lake, threads),
  },
  polars: {
    name: 'Polars',
    leavesOut: `${NOT_EXACTLY_ONCE}; which of the repeats is kept; broken JSON ends the query, so lines with unequal braces are filtered first`,
    command: (landing, lake, threads) => ({
      command: python('polars.txt'),
      args: [job('polarsJob.py'), landing, lake],
      env: { POLARS_MAX_THREADS: String(threads) },
    }),
  },
  bytewax: {
    name: 'Bytewax',
    leavesOut: `${NOT_EXACTLY_ONCE} (no recovery store); a process for each thread`,
    command: (landing, lake, threads) => ({
      command: python('bytewax.txt'),
      args: ['-m', 'bytewax.testing', 'bytewaxJob:flow', '-p', String(threads)],
      cwd: import.meta.dirname,
      env: { LANDING: landing, LAKE: lake, PYTHONDONTWRITEBYTECODE: '1' },
    }),
  },
  spark: {
    name: 'PySpark',
    leavesOut: `${NOT_EXACTLY_ONCE}; which of the repeats is kept`,
    command: spark('batch'),
  },
  'spark-streaming': {
    name: 'Spark Structured Streaming',
    leavesOut:
      'Bronze, quarantine, reasons; its files are exactly once for readers of its own log only',
    command: spark('streaming'),
  },
  flink: {
    name: 'Flink SQL',
    leavesOut: 'Bronze, quarantine, reasons; its files carry no log of what belongs to the table',
    command: flink('streaming'),
  },
  'flink-batch': {
    name: 'Flink SQL, batch mode',
    leavesOut: `${NOT_EXACTLY_ONCE}; which of the repeats is kept`,
    command: flink('batch'),
  },
}
