import { objectsOf, type Checkpoint } from '../../../src/runtime/checkpoint.ts'
import type { State } from '../../../src/runtime/taskProtocol.ts'
import { positionOf } from './lakeFiles.ts'
import type { Scenario } from './scenario.ts'
import {
  attemptAt,
  checkpointAt,
  fileId,
  fileOf,
  newestEpoch,
  showFile,
  table,
  type World,
} from './world.ts'

/** What is wrong with a world, or undefined. Must hold after every single step. */
export function broken(
  scenario: Scenario,
  world: World,
  holders: readonly State[],
): string | undefined {
  const epoch = newestEpoch(world)
  const newest = checkpointAt(world, epoch)
  const before = checkpointAt(world, epoch - 1)
  return (
    history(world, epoch) ??
    (scenario.sinks.includes('silver') ? silver(world, newest, before) : undefined) ??
    (scenario.sinks.includes('bronze') ? bronze(scenario, world, newest, before) : undefined) ??
    (scenario.sinks.includes('gold') ? gold(scenario, world, newest, before) : undefined) ??
    (scenario.stateObjects ? state(world, newest, before) : undefined) ??
    stopped(scenario, holders, newest)
  )
}

/** The two newest checkpoints are kept, and each goes on from the one before. */
function history(world: World, newest: number): string | undefined {
  if (newest > 1 && checkpointAt(world, newest - 1) === undefined) {
    return `${newest} is kept, the one before it is not`
  }
  for (let epoch = 1; epoch <= newest; epoch += 1) {
    const checkpoint = checkpointAt(world, epoch)
    if (checkpoint === undefined) continue
    const before = attemptAt(world, epoch - 1)
    if (!checkpoint.claim && before !== undefined && before !== checkpoint.attempt) {
      return `DOUBLED: ${epoch} of ${checkpoint.attempt} follows an epoch of ${before}`
    }
    const last = checkpointAt(world, epoch - 1)
    const moved = positionOf(checkpoint) - positionOf(last)
    if ((last !== undefined || epoch === 1) && moved !== (checkpoint.claim ? 0 : 1)) {
      return `LOST: ${epoch} moved by ${moved} records`
    }
    if (positionOf(checkpoint) > 0 && checkpoint.ledger !== positionOf(checkpoint)) {
      return `the ledger of ${epoch} counts ${JSON.stringify(checkpoint.ledger)}`
    }
  }
  return undefined
}

function silver(world: World, newest?: Checkpoint, before?: Checkpoint): string | undefined {
  const { active, txn } = table(world.log)
  const gone = active.find((file) => !world.files.includes(file))
  if (gone !== undefined) return `LOST: the table names a deleted file, ${showFile(gone)}`
  if (before !== undefined && !before.claim && txn < before.epoch) {
    return `${newest!.epoch} was written before ${before.epoch} was published`
  }
  const waiting = newest !== undefined && txn < newest.epoch ? preparedBy(newest, 'silver') : []
  const lost = waiting.find(({ at }) => !world.files.includes(at))
  if (lost !== undefined)
    return `LOST: the newest checkpoint names a deleted file, ${showFile(lost.at)}`
  return counted('the table', [...active, ...waiting.map(({ at }) => at)], newest)
}

function bronze(scenario: Scenario, world: World, newest?: Checkpoint, before?: Checkpoint) {
  const published = world.files.filter((id) => fileOf(id).kind === 'bronze')
  const waits = preparedBy(newest, 'bronze').filter(({ to }) => !world.files.includes(to))
  const lost = waits.find(({ at }) => !world.files.includes(at))
  if (lost !== undefined && scenario.expiries === 0) {
    return `LOST: the newest checkpoint names a deleted staged file, ${showFile(lost.at)}`
  }
  const late = preparedBy(before, 'bronze').find(({ to, at }) => {
    const isStaged = scenario.store === 'folder' && world.files.includes(at)
    return !world.files.includes(to) || isStaged
  })
  if (late !== undefined)
    return `${newest!.epoch} was written before ${showFile(late.to)} was published`
  return counted('bronze', [...published, ...waits.map(({ to }) => to)], newest)
}

function gold(
  scenario: Scenario,
  world: World,
  newest?: Checkpoint,
  before?: Checkpoint,
): string | undefined {
  const versions = world.files.map(fileOf).filter(({ kind }) => kind === 'gold')
  const epochs = versions.map(({ epoch }) => epoch)
  if (new Set(epochs).size < epochs.length) return `two contents for one version: ${epochs}`
  const [inPlace, setBack] = world.gold
  if (inPlace !== 0 && !epochs.includes(inPlace))
    return `version ${inPlace} is in place, unpublished`
  if (setBack === 1 && scenario.store === 'bucket')
    return `version ${inPlace} was put in place late`
  const last = Math.max(0, ...preparedBy(newest, 'gold').map(({ to }) => fileOf(to).epoch))
  const earlier = epochs.filter((epoch) => epoch !== last)
  const owed = before === undefined ? 0 : Math.max(0, ...earlier)
  if (inPlace < owed && setBack === 0) return `version ${inPlace} is in place, ${owed} was promoted`
  const rows = new Set(versions.flatMap(({ records }) => records))
  const waits = preparedBy(newest, 'gold').flatMap(({ to }) => fileOf(to).records)
  const have = new Set([...rows, ...waits]).size
  return have === positionOf(newest)
    ? undefined
    : `LOST: gold holds ${have} of ${positionOf(newest)}`
}

function state(world: World, newest?: Checkpoint, before?: Checkpoint): string | undefined {
  for (const checkpoint of [newest, before]) {
    if (checkpoint === undefined) continue
    const gone = objectsOf(checkpoint).find((key) => !world.files.includes(fileId(key)))
    if (gone !== undefined)
      return `LOST: checkpoint ${checkpoint.epoch} names deleted state, ${gone}`
  }
  return undefined
}

function stopped(scenario: Scenario, holders: readonly State[], newest?: Checkpoint) {
  for (const { effect, recent } of holders) {
    if (effect.kind === 'fail') return `a healthy lake was refused: ${effect.message}`
    if (effect.kind !== 'stop') continue
    if (effect.reason === 'ended' && positionOf(newest) !== scenario.records) {
      return `an attempt ended at ${positionOf(recent.at(-1))} of ${scenario.records} records`
    }
  }
  return undefined
}

/** Every record that the newest checkpoint has behind it is there, and once. */
function counted(where: string, files: readonly number[], newest?: Checkpoint): string | undefined {
  const records = files.flatMap((id) => fileOf(id).records)
  const distinct = new Set(records)
  if (distinct.size < records.length) return `DOUBLED: ${where} holds the records ${records}`
  const position = positionOf(newest)
  const isWhole = distinct.size === position && records.every((record) => record < position)
  return isWhole
    ? undefined
    : `LOST: ${where} holds the records ${records}, ${position} are committed`
}

interface Waiting {
  /** Where it waits, and where it is to be. */
  readonly at: number
  readonly to: number
}
const preparedBy = (checkpoint: Checkpoint | undefined, sink: string): readonly Waiting[] =>
  (checkpoint?.prepared[sink] ?? []).map(({ key, staged }) => ({
    at: fileId(staged ?? key),
    to: fileId(key),
  }))
