import type { Clock } from '../core/clock.ts'
import { checkKey } from '../lake/checkKey.ts'
import { openLake } from '../lake/openLake.ts'
import type { VersionManifest } from './publish/versions.ts'

export interface RollbackModelsOptions {
  /** Folder or `s3://bucket/prefix`. */
  readonly lake: string
  /** Where in the lake the models are. @defaultValue `'gold'` */
  readonly path?: string
  /** Schema of the models in the DuckDB file. @defaultValue `'main'` */
  readonly schema?: string
  /** A version that is kept. @defaultValue the build before the one that readers see */
  readonly to?: number
  /** @defaultValue the machine's */
  readonly clock?: Pick<Clock, 'now'>
}

/** What a rollback did. */
export interface Rollback {
  /** The new version, which holds what an older one held. */
  readonly version: number
  readonly rollbackTo: number
}

/**
 * Puts an older version of a project's models back, as a new version: every Delta table in one entry,
 * `_versions/<n>.json`, then the DuckDB file. What is there already is left; data files that a vacuum
 * has removed since are written again from that version's database. The next build goes on from here,
 * and comes when what it reads, or the models, have changed. Call it while no run builds.
 *
 * **Delivery**: each table changes in one step, the manifest comes last; a rollback that is broken off
 * is done again from its start.
 *
 * @throws CheckpointError `SBX_MODELS_VERSION` where there is no such version (any more)
 * @example
 * ```ts
 * const { version, rollbackTo } = await rollbackModels({ lake: './data/lake' })
 * console.log(`version ${version} is what version ${rollbackTo} was`)
 * ```
 */
export async function rollbackModels(options: RollbackModelsOptions): Promise<Rollback> {
  const { lake, path = 'gold', schema = 'main', clock = { now: () => Date.now() } } = options
  checkKey(path)
  const { rollBack } = await import('./publish/rollBack.ts')
  return rollBack(await openLake(lake), { path, schema, to: options.to, clock })
}

/** The versions that a rollback may go back to, the newest first. */
export async function modelVersions(options: {
  readonly lake: string
  readonly path?: string
}): Promise<readonly VersionManifest[]> {
  const { keptVersions } = await import('./publish/versions.ts')
  return keptVersions(await openLake(options.lake), options.path ?? 'gold')
}
