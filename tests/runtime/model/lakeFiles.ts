import type { PreparedFile } from '../../../src/core/unit.ts'
import type { Checkpoint } from '../../../src/runtime/checkpoint.ts'
import type { Answer } from '../../../src/runtime/protocolEffects.ts'
import type { Scenario } from './scenario.ts'
import { fileId, fileName, fileOf, type FileKind } from './world.ts'

/** One I/O step of publishing a checkpoint. */
export type PublishStep =
  | { readonly kind: 'move'; readonly from: number; readonly to: number }
  | { readonly kind: 'unlink'; readonly file: number }
  | { readonly kind: 'append'; readonly files: readonly number[] }
  /** Puts the newest version of Gold where readers look for it. */
  | { readonly kind: 'place' }

const programs = new WeakMap<Checkpoint, readonly PublishStep[]>()

/** What publishing a checkpoint takes, in order: bronze, gold, silver. */
export function publishSteps(scenario: Scenario, checkpoint: Checkpoint): readonly PublishStep[] {
  const known = programs.get(checkpoint)
  if (known !== undefined) return known
  const moves = ['bronze', 'gold'].flatMap((sink) =>
    (checkpoint.prepared[sink] ?? []).flatMap(({ key, staged }): PublishStep[] => {
      const from = fileId(staged!)
      const move: PublishStep = { kind: 'move', from, to: fileId(key) }
      return scenario.store === 'folder' ? [move, { kind: 'unlink', file: from }] : [move]
    }),
  )
  const silver = (checkpoint.prepared['silver'] ?? []).map(({ key }) => fileId(key))
  const steps: PublishStep[] = [
    ...moves,
    ...(scenario.sinks.includes('gold') ? [{ kind: 'place' } as const] : []),
    ...(silver.length > 0 ? [{ kind: 'append', files: silver } as const] : []),
  ]
  programs.set(checkpoint, steps)
  return steps
}

/** The epoch behind a checkpoint: one record further. Undefined at the end of the source. */
export function prepareEpoch(
  scenario: Scenario,
  from: Checkpoint,
  nowMs: number,
): { readonly answer: Answer; readonly files: readonly number[] } | undefined {
  const position = positionOf(from)
  if (position === scenario.records) return undefined
  const epoch = from.epoch + 1
  const name = (kind: FileKind, records: readonly number[]): string =>
    fileName({ kind, epoch, attempt: from.attempt, records, upload: '' })
  const file = (key: string, staged?: string): PreparedFile => ({
    ...{ key, bytes: 1, checksum: 1, records: 1 },
    ...(staged !== undefined && { staged }),
  })
  const all = Array.from({ length: position + 1 }, (_, record) => record)
  const made = {
    bronze: file(name('bronze', [position]), name('staged', [position])),
    // A version is named by its number alone; what is in it is kept here to compare it.
    gold: file(name('gold', all), name('goldStaged', all)),
    silver: file(name('silver', [position])),
  }
  const prepared = Object.fromEntries(scenario.sinks.map((sink) => [sink, [made[sink]]]))
  const object = name('object', [position])
  // Every other epoch folds what there was before into its own object.
  const kept = position % 2 === 1 ? [] : (from.state['dedup']?.objects ?? [])
  const objects = [...kept, object]
  const state = scenario.stateObjects ? { dedup: { inline: null, objects } } : {}
  const written = scenario.sinks.map((sink) => fileId(made[sink].staged ?? made[sink].key))
  return {
    answer: {
      kind: 'prepared',
      nowMs,
      positions: { inline: position + 1, objects: [] },
      state,
      prepared,
      ledger: position + 1,
    },
    files: scenario.stateObjects ? [...written, fileId(object)] : written,
  }
}

/** The same files staged once more, under uploads of another name. */
export function restage(
  checkpoint: Checkpoint,
  by: string,
): { readonly checkpoint: Checkpoint; readonly files: readonly number[] } {
  const upload = (file: PreparedFile): PreparedFile =>
    file.staged === undefined
      ? file
      : { ...file, staged: fileName({ ...fileOf(fileId(file.staged)), upload: by }) }
  const prepared = Object.fromEntries(
    Object.entries(checkpoint.prepared).map(([sink, files]) => [sink, files.map(upload)]),
  )
  const staged = Object.values(prepared).flatMap((files) =>
    files.flatMap((file) => file.staged ?? []),
  )
  return { checkpoint: { ...checkpoint, prepared }, files: staged.map(fileId) }
}

/** What an attempt made for a checkpoint that was never committed. */
export function stagedBy({ attempt, epoch, prepared, state }: Checkpoint): readonly number[] {
  const files = Object.values(prepared).flatMap((all) =>
    all.map(({ key, staged }) => staged ?? key),
  )
  const objects = Object.values(state).flatMap((kept) => kept.objects)
  return [...files, ...objects].map(fileId).filter((id) => {
    const file = fileOf(id)
    return file.attempt === attempt && file.epoch === epoch
  })
}

/** How many records a checkpoint has behind it. */
export const positionOf = (checkpoint: Checkpoint | undefined): number =>
  (checkpoint?.positions.inline as number | null | undefined) ?? 0
