import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { CheckedTable } from '../../core/figures.ts'
import type { Json } from '../../core/json.ts'
import { readDelta } from '../../lake/delta/readDelta.ts'
import type { DeltaFile, DeltaVersion } from '../../lake/delta/readDelta.ts'
import type { ObjectInfo, ObjectStore } from '../../lake/objectStore.ts'
import { deltaRelation } from './deltaRelation.ts'

/** What figures of a Delta table are kept with. */
interface Stamp {
  readonly version: number
  /** A digest of names, lengths and times of its files, and of what the store knows them by. */
  readonly files: string
}

/**
 * A Delta table at its newest version; undefined where there is no table. Its kept figures go on where it has every file that it had
 * then, untouched, and others beside them: the rows of these were added. Where a file is gone (compaction too), was written
 * to or replaced, or the columns are others, they don't.
 *
 * @param kept the stamp that figures of an earlier version were kept with
 */
export async function checkedDelta(
  store: ObjectStore,
  path: string,
  folder: string,
  kept?: Json,
): Promise<CheckedTable | undefined> {
  const table = await readDelta(store, path)
  if (table === undefined) return undefined
  const infos = new Map<string, ObjectInfo>()
  for await (const info of store.list(`${path}/`)) infos.set(info.key, info)
  const digest = (files: readonly DeltaFile[]): string => digestOf(path, files, infos)
  const stamp: Stamp = { version: table.version, files: digest(table.files) }
  const known = stampOf(kept)
  const before = known && (await earlier(store, path, known))
  const isAsThen =
    before !== undefined &&
    isDeepStrictEqual(before.columns, table.columns) &&
    digest(before.files) === known?.files
  const added = isAsThen ? addedFiles(before, table) : undefined
  const relationOf = (files: readonly DeltaFile[]) =>
    deltaRelation(store, path, table, files, folder)
  return {
    id: idOf(path),
    relation: await relationOf(table.files),
    stamp: { ...stamp },
    added: added === undefined ? undefined : await relationOf(added),
  }
}

/** What a Delta table is called where figures are kept: no model has such a name. */
export const idOf = (path: string): string => `${path}/`

/** Whoever wrote it, it may be anything. */
function stampOf(kept: Json | undefined): Stamp | undefined {
  const { version, files } = (kept ?? {}) as Partial<Stamp>
  if (!Number.isInteger(version) || typeof files !== 'string') return undefined
  return { version: version!, files }
}

/** The version of a stamp; undefined where its log has none (any more). */
async function earlier(
  store: ObjectStore,
  path: string,
  { version }: Stamp,
): Promise<DeltaVersion | undefined> {
  const table = await readDelta(store, path, version).catch(() => undefined)
  return table?.version === version ? table : undefined
}

/** Undefined where a file of before is not there any more. */
function addedFiles(before: DeltaVersion, now: DeltaVersion): readonly DeltaFile[] | undefined {
  const old = new Set(before.files.map(({ path }) => path))
  const added = now.files.filter(({ path }) => !old.has(path))
  return added.length === now.files.length - before.files.length ? added : undefined
}

function digestOf(
  path: string,
  files: readonly DeltaFile[],
  infos: ReadonlyMap<string, ObjectInfo>,
): string {
  const lines = files.map((file) => {
    const info = infos.get(`${path}/${file.path}`)
    return `${file.path}\0${info?.bytes}\0${info?.modifiedMs}\0${info?.tag}`
  })
  return createHash('md5').update(lines.sort().join('\n')).digest('hex')
}
