import { CheckpointError } from '../../core/errors.ts'
import { createOnce } from '../createOnce.ts'
import type { ObjectStore, StagedObject } from '../objectStore.ts'

/** One fold of raw files: what it takes away and what it puts in their place. */
export interface FoldIntent {
  readonly formatVersion: 1
  readonly generation: number
  /**
   * `open`: decided, and not known to be over; `done`: the output is visible and the inputs are gone;
   * `void`: the output was gone before it was visible, and the inputs stayed.
   */
  readonly state: 'open' | 'done' | 'void'
  readonly inputs: readonly { readonly key: string; readonly bytes: number }[]
  readonly output: StagedObject
}

/** The folds of one Bronze folder, one after the other: who creates number n decides what it is. */
export interface FoldIntents {
  /** The newest; those before it are over. */
  newest(): Promise<FoldIntent | undefined>
  /** Create-if-absent; false where another process was faster. The intent before must be over. */
  create(intent: FoldIntent): Promise<boolean>
  /** Says that it is over, in one step. */
  close(intent: FoldIntent, state: 'done' | 'void'): Promise<void>
}

const NAME = /^\d{10}$/

/**
 * `_compaction/<path>/<generation>`: the newest is never deleted, so that a number is given away once.
 *
 * @param path the Bronze folder, such as `bronze/twitter`
 */
export function foldIntents(store: ObjectStore, path: string): FoldIntents {
  const folder = `_compaction/${path}/`
  const keyOf = (generation: number): string => `${folder}${String(generation).padStart(10, '0')}`

  const generations = async (): Promise<number[]> => {
    const found: number[] = []
    for await (const { key } of store.list(folder)) {
      const name = key.slice(folder.length)
      if (NAME.test(name)) found.push(Number(name))
    }
    return found
  }

  return {
    async newest() {
      const generation = (await generations()).at(-1)
      if (generation === undefined) return undefined
      const key = keyOf(generation)
      const bytes = await store.read(key)
      // Gone since the listing: a newer one is there.
      return bytes === undefined ? this.newest() : parse(bytes, key)
    },
    async create(intent) {
      const key = keyOf(intent.generation)
      if (!(await createOnce(store, key, encode(intent)))) return false
      for (const older of await generations()) {
        if (older < intent.generation) await store.remove(keyOf(older))
      }
      return true
    },
    close: (intent, state) => store.replace(keyOf(intent.generation), encode({ ...intent, state })),
  }
}

const encode = (intent: FoldIntent): Uint8Array => Buffer.from(`${JSON.stringify(intent)}\n`)

function parse(bytes: Uint8Array, key: string): FoldIntent {
  try {
    const intent = JSON.parse(Buffer.from(bytes).toString()) as Partial<FoldIntent>
    const isWhole =
      intent.formatVersion === 1 &&
      ['open', 'done', 'void'].includes(intent.state ?? '') &&
      Array.isArray(intent.inputs) &&
      typeof intent.output?.key === 'string'
    if (isWhole) return intent as FoldIntent
  } catch {
    // Reported below, as any other text that is no intent.
  }
  throw new CheckpointError(
    `${key} is damaged: it does not say which raw files become which. Nothing was changed. Put it back from a copy of the lake; without one, compare the newest file of ${key.split('/').slice(1, -1).join('/')} with the others of its hour before you remove ${key}`,
    { code: 'SBX_RAW_INTENT' },
  )
}
