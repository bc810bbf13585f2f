import { access } from 'node:fs/promises'
import { SluiceboxError } from '../../core/errors.ts'
import type { PreparedFile, Reread, Restaged, SinkCommit, SourceBatch } from '../../core/unit.ts'
import type { ObjectStore, StagedObject } from '../../lake/objectStore.ts'
import { writeValues } from './rawBatches.ts'
import { rawFile } from './rawFile.ts'
import { parseRecipe } from './rawOrigin.ts'
import type { RawRecipe } from './rawOrigin.ts'

/**
 * Stages those files of a committed epoch again that are neither published nor staged any more: from the
 * ranges of the source that they were made of, under the same names. What is left of an attempt to do so
 * that was killed is removed by the next cleaning.
 */
export async function restageRaw(
  store: ObjectStore,
  { task, files }: SinkCommit,
  reread: Reread,
): Promise<Restaged> {
  const renewed: PreparedFile[] = []
  for (const file of files) {
    const { key, bytes, checksum, staged = '' } = file
    // It may be published at once: the epoch is committed.
    const answer = await store.publish({ key, bytes, checksum, staged })
    if (answer !== 'missing') {
      renewed.push(file)
      continue
    }
    const recipe = parseRecipe(file.detail)
    const again = recipe && (await madeAgain(store, task, key, recipe, reread).catch(lostSource))
    if (again === undefined || typeof again === 'string') {
      return {
        lost: `${key} (its upload is gone, and it can't be made again: ${again ?? NO_RECIPE})`,
      }
    }
    if (again.bytes !== bytes || again.checksum !== checksum) {
      await store.discard(again)
      return { lost: `${key} (its upload is gone, and its source holds other bytes now)` }
    }
    renewed.push({ ...file, staged: again.staged })
  }
  return { files: renewed }
}

const NO_RECIPE = 'its checkpoint does not say what it was made of'

/** A source that has changed is a matter of the checkpoint; a lake that can't be reached passes. */
function lostSource(error: unknown): string {
  if (error instanceof SluiceboxError && error.name === 'SourceError' && !error.retryable) {
    return error.message
  }
  throw error
}

async function madeAgain(
  store: ObjectStore,
  task: string,
  key: string,
  recipe: RawRecipe,
  reread: Reread,
): Promise<StagedObject | string> {
  if ('copy' in recipe) {
    const isThere = await access(recipe.copy).then(
      () => true,
      () => false,
    )
    return isThere ? store.stageFile(task, key, recipe.copy) : `${recipe.copy} is gone`
  }
  if (reread === undefined) return 'its source can be read only once'
  const header = recipe.header === undefined ? undefined : Buffer.from(recipe.header, 'base64')
  const file = rawFile(Promise.resolve(store.stage(task, key)), header)
  try {
    for (const [source, from, to, goesOn] of recipe.ranges) {
      for await (const batch of reread({ source, from, to })) await append(batch, goesOn)
    }
    return await file.close()
  } catch (error) {
    await file.abort()
    throw error
  }

  async function append(batch: SourceBatch, goesOn: boolean): Promise<void> {
    const { bronze, bytes } = batch
    if (bronze?.kind === 'values') writeValues(file, batch)
    else if (bronze?.kind === 'append' && bytes !== undefined) {
      await file.passLines(bytes, goesOn || bronze.goesOn === true, { source: batch.source })
    }
    await file.drain('full')
  }
}
