import { randomBytes } from 'node:crypto'
import { CheckpointError } from '../../core/errors.ts'
import type { FileClaims } from '../../core/upkeep.ts'
import type { ObjectInfo, ObjectStore } from '../objectStore.ts'
import { foldIntents, type FoldIntent } from './foldIntents.ts'
import { foldRawFiles } from './foldRawFiles.ts'
import { rawHours } from './rawHours.ts'

export interface RawFoldOptions {
  readonly store: ObjectStore
  /** The Bronze folder, such as `bronze/twitter`. */
  readonly path: string
  readonly clock: { now(): number }
  /** Files of at least half of this size stay as they are; what is folded does not exceed it, bytes. */
  readonly targetBytes: number
  /** How long after its end an hour counts as closed, ms. */
  readonly closedMs: number
  claims(): Promise<FileClaims>
  breathe(): Promise<void>
}

/** One fold: many files of one hour became one. */
export interface RawFolded {
  /** The hour's folder. */
  readonly folder: string
  readonly files: number
  readonly bytes: number
}

/** Folds the small files of closed hours. */
export interface RawFolds {
  /** Ends the newest fold, if it was decided and is not over. */
  finish(): Promise<void>
  /** One fold; undefined where no closed hour has anything to fold. */
  step(): Promise<RawFolded | undefined>
}

/** Under which task outputs wait. No task of a topology has such a name. */
const TASK = '_compaction'
const MAX_FILES = 1000
const AT_ONCE = 32
const OUTPUT = /\/folded-(\d{10})-[0-9a-f]{16}\.(?:ndjson|csv)$/
const EXTENSIONS = ['ndjson', 'csv'] as const

/**
 * Folds raw files, of which no log says which belong to the folder: whoever lists it takes what is there. So
 * a fold is prepared, committed and published as an epoch is. The output is written where no listing shows
 * it; an intent that names inputs and output is created if absent, which decides it; then the output becomes
 * visible, the inputs are removed, and the intent is closed. From the intent on anybody can do the rest, any
 * number of times. Between the output's appearance and the last removal a plain listing shows lines twice:
 * `listRawFiles` does not.
 *
 * Files that the newest checkpoint of a task names stay: that epoch may have to be published again.
 */
export function rawFolds(options: RawFoldOptions): RawFolds {
  const { store, path, clock, targetBytes, closedMs } = options
  const intents = foldIntents(store, path)
  const isSmall = ({ key, bytes }: ObjectInfo): boolean =>
    bytes <= targetBytes / 2 && extensionOf(key) !== undefined
  const hours = rawHours(store, path, clock, isSmall, closedMs)

  /** Makes what was decided so. */
  const carryOut = async (intent: FoldIntent): Promise<void> => {
    const answer = await store.publish(intent.output)
    if (answer === 'missing') return giveUp(intent)
    for (let at = 0; at < intent.inputs.length; at += AT_ONCE) {
      const some = intent.inputs.slice(at, at + AT_ONCE)
      await Promise.all(some.map(({ key }) => store.remove(key)))
    }
    await intents.close(intent, 'done')
  }

  /** The output neither waits nor is there: another process has gone on from it, or an upload has expired. */
  const giveUp = async (intent: FoldIntent): Promise<void> => {
    const newest = await intents.newest()
    if (newest?.generation !== intent.generation || newest.state !== 'open') return
    for (const { key } of intent.inputs) if (!(await store.has(key))) throw lost(intent, key)
    await intents.close(intent, 'void')
  }

  const finish = async (): Promise<FoldIntent | undefined> => {
    const newest = await intents.newest()
    if (newest?.state === 'open') await carryOut(newest)
    return newest
  }

  /** Outputs that wait and lost their number to another can't be decided any more. */
  const clean = async (newest: FoldIntent | undefined): Promise<void> => {
    for await (const object of store.listStaged(TASK)) {
      const generation = OUTPUT.exec(object.key)?.[1]
      if (generation === undefined || !object.key.startsWith(`${path}/`)) continue
      if (Number(generation) <= (newest?.generation ?? 0)) await store.discard(object)
    }
  }

  const fold = async (
    folder: string,
    files: readonly ObjectInfo[],
    generation: number,
  ): Promise<RawFolded | 'lost' | undefined> => {
    const number = String(generation).padStart(10, '0')
    const extension = extensionOf(files[0]!.key)!
    const outputKey = `${folder}folded-${number}-${randomBytes(8).toString('hex')}.${extension}`
    const folded = await foldRawFiles({ ...options, task: TASK, outputKey }, files)
    if (folded === undefined) return undefined
    if (folded === 'gone') return 'lost'
    const { output } = folded
    const inputs = folded.inputs.map(({ key, bytes }) => ({ key, bytes }))
    const intent: FoldIntent = { formatVersion: 1, generation, state: 'open', inputs, output }
    if (!(await intents.create(intent))) {
      await store.discard(output)
      return 'lost'
    }
    await carryOut(intent)
    return { folder, files: inputs.length, bytes: output.bytes }
  }

  /** Groups of files that may become one: CSV files with a header of their own are tried without. */
  const foldHour = async (folder: string, generation: number) => {
    const listed: ObjectInfo[] = []
    for await (const file of store.list(folder)) if (isSmall(file)) listed.push(file)
    if (listed.length < 2) return undefined
    // After the listing: what is listed then and no newest checkpoint names is never published again.
    const { isNamed } = await options.claims()
    // Made where something is sorted: the first one of a process takes 15 ms.
    const inOrder = new Intl.Collator('en', { numeric: true })
    for (const extension of EXTENSIONS) {
      let files = listed
        .filter(({ key }) => extensionOf(key) === extension && !isNamed(key))
        .toSorted((a, b) => inOrder.compare(a.key, b.key))
        .slice(0, MAX_FILES)
      for (; files.length > 1; files = files.slice(1)) {
        const folded = await fold(folder, files, generation)
        if (folded !== undefined) return folded
        if (extension === 'ndjson') break
      }
    }
    return undefined
  }

  return {
    async finish() {
      await finish()
    },
    async step() {
      // First, so that what it lists is what the intents before have left.
      const newest = await finish()
      await clean(newest)
      for (let folder = await hours.next(); folder !== undefined; folder = await hours.next()) {
        const folded = await foldHour(folder, (newest?.generation ?? 0) + 1)
        if (folded === undefined) continue
        hours.putBack(folder)
        if (folded !== 'lost') return folded
        return { folder, files: 0, bytes: 0 }
      }
      return undefined
    },
  }
}

function extensionOf(key: string): (typeof EXTENSIONS)[number] | undefined {
  // Rows without a header can't be told from one.
  if (key.endsWith('.headless.csv')) return undefined
  return EXTENSIONS.find((extension) => key.endsWith(`.${extension}`))
}

const lost = ({ generation, output }: FoldIntent, key: string): CheckpointError =>
  new CheckpointError(
    `raw files were to become ${output.key} (fold ${generation}), which is gone, and so is ${key}, one of them: somebody has changed the lake by hand. Nothing was changed. Put either back from a copy of the lake`,
    { code: 'SBX_RAW_INTENT' },
  )
