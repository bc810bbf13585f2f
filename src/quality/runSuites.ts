import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckedTable, Figures } from '../core/figures.ts'
import type { BuildQuery } from '../core/models.ts'
import { identifier } from '../core/sqlText.ts'
import type { ObjectStore } from '../lake/objectStore.ts'
import { checkedDelta, idOf } from './bind/checkedDelta.ts'
import { rawRelation } from './bind/rawRelation.ts'
import { keepResult, rowsBefore } from './resultStore.ts'
import { runSuite } from './runSuite.ts'
import type { Suite, SuiteTable } from './suite.ts'
import type { SuiteResult } from './suiteResult.ts'

export interface RunSuitesOptions {
  readonly store: ObjectStore
  readonly query: BuildQuery
  readonly figures: Figures
  /** A table that is neither a Delta table nor raw files of the lake. */
  readonly bindModel: (table: SuiteTable, folder: string) => Promise<CheckedTable | undefined>
  readonly keepRows: number
  readonly nowMs: () => number
  /** Whether a result is one: what is none is not kept and left out. @defaultValue each is */
  readonly isResult?: (result: SuiteResult) => boolean
  /** Is told under which key each result is kept. */
  readonly kept?: (key: string, result: SuiteResult) => void
}

/** Runs suites one after the other and keeps each result in the lake: all are kept when it resolves. */
export async function runSuites(
  suites: readonly Suite[],
  { store, query, figures, bindModel, keepRows, nowMs, isResult, kept: told }: RunSuitesOptions,
): Promise<readonly SuiteResult[]> {
  const results: SuiteResult[] = []
  // The disk takes its time, in which the next suite can run.
  const keeping: Promise<string>[] = []
  const folder = await mkdtemp(join(tmpdir(), 'sluicebox-quality-'))
  const temporary: string[] = []
  /** Raw records are few, and parsed once for all that is asked of them. */
  const parsed = async (table: SuiteTable, own: string): Promise<CheckedTable> => {
    const name = `temp.${identifier(`quality_${randomUUID()}`)}`
    const relation = await rawRelation(store, table.raw!, own)
    await query(`create temp table ${name.slice('temp.'.length)} as from ${relation}`)
    temporary.push(name)
    return { id: name, relation: name }
  }
  try {
    for (const [index, suite] of suites.entries()) {
      const bind = (table: SuiteTable): Promise<CheckedTable | undefined> => {
        const own = join(folder, `${index}-${encodeURIComponent(table.table)}`)
        const { delta } = table
        if (delta !== undefined)
          return checkedDelta(store, delta, own, figures.stampOf(idOf(delta)))
        if (table.raw !== undefined) return parsed(table, own)
        return bindModel(table, own)
      }
      const before = await rowsBefore(store, suite.name)
      const result = await runSuite(suite, { query, figures, bind, before, nowMs, keepRows })
      if (isResult?.(result) === false) continue
      const kept = keepResult(store, result)
      kept.then(
        (key) => told?.(key, result),
        () => {},
      )
      keeping.push(kept)
      results.push(result)
    }
  } finally {
    await Promise.allSettled(keeping)
    for (const name of temporary) await query(`drop table ${name}`).catch(() => {})
    await rm(folder, { recursive: true, force: true })
  }
  await Promise.all(keeping)
  return results
}
