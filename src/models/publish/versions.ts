import { CheckpointError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'

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
  /** What the build read. */
  readonly inputs: Json
  /** Each table's version in its Delta log. */
  readonly tables: Readonly<
    Record<string, { readonly path: string; readonly version: number; readonly rows: number }>
  >
  /** ISO 8601, UTC. */
  readonly publishedAt: string
}

/** How many versions are kept. */
const KEPT = 3
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

/** Says that a version is whole. Who comes second finds the first one's. */
export async function writeVersion(
  store: ObjectStore,
  path: string,
  manifest: VersionManifest,
): Promise<void> {
  const text = JSON.stringify(manifest, undefined, 2)
  await store.create(keyOf(path, manifest.version), new TextEncoder().encode(`${text}\n`))
}

/** Removes what belongs to versions before the newest few. */
export async function pruneVersions(
  store: ObjectStore,
  path: string,
  newest: number,
): Promise<void> {
  for await (const { key } of store.list(`${path}/_versions/`)) {
    const version = Number(VERSIONED.exec(key)?.[1] ?? Infinity)
    if (version <= newest - KEPT) await store.remove(key)
  }
}
