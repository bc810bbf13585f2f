import type { Json } from '../core/json.ts'
import type { ObjectStore } from '../lake/objectStore.ts'
import type { DeltaTables } from './publish/deltaTables.ts'
import { newestVersion } from './publish/versions.ts'
import type { VersionManifest } from './publish/versions.ts'

/** What a build reads, as its checkpoint and its manifest have it. */
export interface BuildInputs {
  /** Of each table read; null where there was none. */
  readonly versions: Readonly<Record<string, number | null>>
  /** A fingerprint of models, tests and seeds. */
  readonly models: string
}

/** A build that may go on from the version before. */
export interface Refresh {
  readonly base: VersionManifest
  /** Days, ISO 8601 and sorted, of which the tables read have new rows. */
  readonly touched: readonly string[]
}

export interface PlanOptions {
  readonly store: ObjectStore
  readonly delta: Pick<DeltaTables, 'entry'>
  /** Where in the lake the models are. */
  readonly path: string
  /** Path in the lake of every table read, by the name that the models give it. */
  readonly reads: Readonly<Record<string, string>>
}

/** Which column's partitions are days. */
const DAY = 'date'
const ISO_DAY = /^\d{4}-\d\d-\d\d$/

/**
 * Finds the newest version and the days that were added since, from the logs of the tables read.
 * Undefined where anything else has happened, or where it is not certain that nothing has: rows were
 * removed, columns changed, a log was shortened, a table has no days, the models are others.
 */
export async function planRefresh(
  { store, delta, path, reads }: PlanOptions,
  inputs: BuildInputs,
): Promise<Refresh | undefined> {
  const base = await newestVersion(store, path)
  const before = base === undefined ? undefined : inputsOf(base.inputs)
  if (base === undefined || before === undefined || before.models !== inputs.models) {
    return undefined
  }
  if (Object.values(base.tables).some((table) => !Array.isArray(table.files))) return undefined
  if (!(await store.has(base.database))) return undefined
  const touched = new Set<string>()
  for (const [name, table] of Object.entries(reads)) {
    const from = before.versions[name] ?? null
    const to = inputs.versions[name] ?? null
    if (from === to) continue
    if (from === null || to === null || from > to) return undefined
    for (let version = from + 1; version <= to; version += 1) {
      const days = await addedDays(delta, table, version)
      if (days === undefined) return undefined
      for (const day of days) touched.add(day)
    }
  }
  return { base, touched: [...touched].sort() }
}

/** The days of one entry's new files; undefined where it does more than to add. */
async function addedDays(
  delta: Pick<DeltaTables, 'entry'>,
  table: string,
  version: number,
): Promise<readonly string[] | undefined> {
  const actions = await delta.entry(table, version)
  if (actions === undefined) return undefined
  const days: string[] = []
  for (const action of actions) {
    if ('metaData' in action || 'protocol' in action) return undefined
    // What compaction moves is the same rows in other files.
    if ('remove' in action && action.remove.dataChange) return undefined
    if (!('add' in action) || !action.add.dataChange) continue
    const day = action.add.partitionValues[DAY]
    if (typeof day !== 'string' || !ISO_DAY.test(day)) return undefined
    days.push(day)
  }
  return days
}

function inputsOf(inputs: Json): BuildInputs | undefined {
  const known = inputs as unknown as Partial<BuildInputs> | null
  return known?.versions === undefined || known.models === undefined
    ? undefined
    : { versions: known.versions, models: known.models }
}
