import { CheckpointError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import type { KeptFigures } from '../../lake/figures/figureBook.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import type { TableContent } from './buildFiles.ts'

/**
 * `<path>/_versions/<n>.json`: which version of every table belongs to one build. Written last, so that
 * everything it names is there.
 */
export interface VersionManifest {
  readonly version: number
  readonly topology: string
  readonly lineage: string
  readonly task: string
  readonly epoch: number
  readonly attempt: string
  /** Key of the build's database. */
  readonly database: string
  /** CRC-32 of the database, by which a later build knows whether it is what was checked. */
  readonly checksum?: number
  /** What the store said of it when it was written: where it still says so, nobody has touched it. */
  readonly tag?: string
  /** What the build read. */
  readonly inputs: Json
  /** Each table's version in its Delta log. */
  readonly tables: Readonly<Record<string, PublishedTable>>
  /** What was computed of the tables, for the build that goes on from here. */
  readonly figures?: KeptFigures
  /** The version that this one puts back; undefined for a build. */
  readonly rollbackTo?: number
  /** ISO 8601, UTC. */
  readonly publishedAt: string
}

/** One table of a version: what its log holds there. */
export interface PublishedTable extends TableContent {
  readonly path: string
  /** In the table's Delta log. */
  readonly version: number
}

/** How many versions are kept, where nothing else is said. */
export const KEPT_VERSIONS = 3
const MANIFEST = /\/_versions\/(\d+)\.json$/
const VERSIONED = /\/_versions\/(\d+)(?:-[^/]+\.duckdb|\.json)$/

const keyOf = (path: string, version: number): string => `${path}/_versions/${version}.json`

/** Undefined where this version was not published, or is not kept any more. */
export async function readVersion(
  store: ObjectStore,
  path: string,
  version: number,
): Promise<VersionManifest | undefined> {
  const key = keyOf(path, version)
  const bytes = await store.read(key)
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as VersionManifest
  } catch (cause) {
    throw new CheckpointError(
      `${store.url}/${key} is damaged: remove it and run the topology again`,
      { code: 'SBX_MODELS_VERSION', cause },
    )
  }
}

/** The newest published version: what all tables together show. */
export async function newestVersion(
  store: ObjectStore,
  path: string,
): Promise<VersionManifest | undefined> {
  let newest = 0
  for await (const { key } of store.list(`${path}/_versions/`)) {
    newest = Math.max(newest, Number(MANIFEST.exec(key)?.[1] ?? 0))
  }
  return newest === 0 ? undefined : readVersion(store, path, newest)
}

/** Every version that is kept, the newest first. */
export async function keptVersions(
  store: ObjectStore,
  path: string,
): Promise<readonly VersionManifest[]> {
  const numbers: number[] = []
  for await (const { key } of store.list(`${path}/_versions/`)) {
    const [, number] = MANIFEST.exec(key) ?? []
    if (number !== undefined) numbers.push(Number(number))
  }
  const manifests: VersionManifest[] = []
  for (const number of numbers.sort((one, other) => other - one)) {
    const manifest = await readVersion(store, path, number)
    if (manifest !== undefined) manifests.push(manifest)
  }
  return manifests
}

/** Says that a version is whole: false where this number was taken meanwhile. */
export async function writeVersion(
  store: ObjectStore,
  path: string,
  manifest: VersionManifest,
): Promise<boolean> {
  const key = keyOf(path, manifest.version)
  const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`)
  if ((await store.create(key, bytes)) === 'created') return true
  const there = await readVersion(store, path, manifest.version)
  return there !== undefined && isSameBuild(there, manifest)
}

/** What names a build: one of another time or topology differs in one of these. */
export const BUILD_NAMES = ['topology', 'lineage', 'task', 'epoch', 'attempt'] as const

/** Whether two manifests are of one build, or of one rollback. */
export const isSameBuild = (
  one: Pick<VersionManifest, (typeof BUILD_NAMES)[number]>,
  other: Pick<VersionManifest, (typeof BUILD_NAMES)[number]>,
): boolean => BUILD_NAMES.every((name) => one[name] === other[name])

/** Removes what belongs to versions before the newest few, and to none of these. */
export async function pruneVersions(
  store: ObjectStore,
  path: string,
  newest: number,
  kept: number = KEPT_VERSIONS,
): Promise<void> {
  const old: string[] = []
  for await (const { key } of store.list(`${path}/_versions/`)) {
    const version = Number(VERSIONED.exec(key)?.[1] ?? Infinity)
    if (version <= newest - kept) old.push(key)
  }
  if (old.length === 0) return
  // A version that was put back is still what its own, older build made.
  const inUse = new Set<string>()
  for (const { version, database } of await keptVersions(store, path)) {
    if (version > newest - kept) inUse.add(database)
  }
  for (const key of old) if (!inUse.has(key)) await store.remove(key)
}
