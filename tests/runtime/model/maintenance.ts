import { claimOf } from '../../../src/runtime/isDead.ts'
import type { Emit } from './driver.ts'
import { interner } from './interner.ts'
import { launched } from './network.ts'
import type { Scenario } from './scenario.ts'
import {
  attemptAt,
  entryId,
  entryOf,
  fileId,
  fileName,
  fileOf,
  newestEpoch,
  newestOf,
  serve,
  table,
  withFiles,
  type Request,
  type World,
} from './world.ts'

/** Where a process is that folds the table's files, or deletes those that nobody needs; each runs once. */
interface Maintenance {
  readonly kind: 'compaction' | 'vacuum'
  readonly phase:
    'begin' | 'choose' | 'append' | 'rebase' | 'checkpoints' | 'log' | 'delete' | 'end'
  /** Compaction: what it removes; vacuum: what it may delete. */
  readonly files: readonly number[]
  /** Compaction: the file it wrote; vacuum: unused. */
  readonly made: number
  readonly version: number
  /** Vacuum: what the log named, where it was read too early. */
  readonly active: readonly number[]
}

export function maintenance(scenario: Scenario) {
  const states = interner<Maintenance>()
  const bug = scenario.mutation.driver
  const stateId = (state: Maintenance): number => states.id(JSON.stringify(state), () => state)
  const begin = { phase: 'begin', files: [], made: 0, version: 0, active: [] } as const
  const initial: readonly number[] = [
    ...Array.from({ length: scenario.compactions }, () =>
      stateId({ kind: 'compaction', ...begin }),
    ),
    ...Array.from({ length: scenario.vacuums }, () => stateId({ kind: 'vacuum', ...begin })),
  ]

  function steps(world: World, index: number, emit: Emit): void {
    const state = states.of(world.actors[index]!)
    const go = (label: string, change: Partial<Maintenance>, to = world): void => {
      const actors = to.actors.slice()
      actors[index] = stateId({ ...state, ...change })
      emit(`${state.kind} ${label}`, { ...to, actors })
    }
    if (state.phase === 'end') return
    if (state.kind === 'compaction') compact(world, state, index, go)
    else vacuum(world, state, go)
  }

  type Go = (label: string, change: Partial<Maintenance>, to?: World) => void

  function compact(world: World, state: Maintenance, index: number, go: Go): void {
    const { active } = table(world.log)
    const version = world.log.length
    switch (state.phase) {
      case 'begin':
        if (active.length === 0) return
        return go(`reads the log: version ${version}`, { phase: 'choose', version, files: active })
      case 'choose': {
        const spared = namedBy(world)
        const files = state.files.filter((file) => !spared.includes(file))
        if (files.length === 0) return go('finds nothing to fold', { ...begin })
        const records = files.flatMap((file) => fileOf(file).records).sort()
        const made = fileId(
          fileName({ kind: 'compacted', epoch: 0, attempt: `M${index}`, records, upload: '' }),
        )
        const to = { ...world, files: withFiles(world.files, [made]) }
        return go(`folds ${files.length} files`, { phase: 'append', files, made }, to)
      }
      case 'append': {
        const entry = { txn: 0, adds: [state.made], removes: state.files }
        const request: Request = { kind: 'append', version: state.version, entry: entryId(entry) }
        const served = serve(world, request)
        const label = `appends version ${state.version}`
        if (served.refused) return go(`${label}, refused`, { phase: 'rebase' })
        go(label, end, served.world)
        if (scenario.lostAnswers) go(`${label}, answer lost`, { phase: 'rebase' }, served.world)
        const flying = launched(scenario, world, request)
        if (flying === undefined) return
        return go(`${label}, still on its way`, { phase: 'rebase' }, { ...world, flying })
      }
      default: {
        if (world.log.some((id) => entryOf(id).adds.includes(state.made))) {
          return go('finds its own entry', end)
        }
        const isGone = state.files.some((file) => !active.includes(file))
        if (isGone && bug !== 'compacts without looking what is gone') return go('gives up', end)
        return go(`rebases on version ${version}`, { phase: 'append', version })
      }
    }
  }

  function vacuum(world: World, state: Maintenance, go: Go): void {
    const { active } = table(world.log)
    switch (state.phase) {
      case 'begin': {
        if (bug === 'vacuum reads the log first' && state.version === 0) {
          return go('reads the log', { version: 1, active })
        }
        const files = world.files.filter((id) => {
          const { kind } = fileOf(id)
          return kind === 'silver' || kind === 'compacted'
        })
        return files.length === 0
          ? undefined
          : go('lists the files', { phase: 'checkpoints', files })
      }
      case 'checkpoints': {
        const spared = namedBy(world)
        const files = state.files.filter((id) => !spared.includes(id) && isOver(world, id))
        return go(`reads the checkpoints: ${newestEpoch(world)}`, { phase: 'log', files })
      }
      case 'log': {
        const named = state.version === 1 ? state.active : active
        const files = state.files.filter((id) => !named.includes(id) && wasRemoved(world, id))
        const label = 'reads the log'
        return files.length === 0 ? go(label, end) : go(label, { phase: 'delete', files })
      }
      default: {
        const { world: to } = serve(world, { kind: 'remove', files: state.files })
        return go(`deletes ${state.files.length} files`, end, to)
      }
    }
  }

  /** No attempt can commit it any more, or the one that did has gone on from there. */
  function isOver(world: World, id: number): boolean {
    if (bug === 'vacuum deletes what the log does not name') return true
    const { kind, epoch, attempt } = fileOf(id)
    if (kind === 'compacted') return true
    if (attemptAt(world, epoch) === attempt) return true
    return world.checkpoints.some((slot, decided) => {
      const by = slot === 0 ? undefined : attemptAt(world, decided)
      return by !== undefined && by !== attempt && claimOf(attempt) < decided && decided <= epoch
    })
  }

  return { initial, steps }
}

const end = { phase: 'end', files: [], made: 0, version: 0, active: [] } as const

const namedBy = (world: World): readonly number[] =>
  (newestOf(world)?.prepared['silver'] ?? []).map(({ key }) => fileId(key))

/** What a compaction wrote and has not committed is younger than any retention. */
const wasRemoved = (world: World, id: number): boolean =>
  fileOf(id).kind !== 'compacted' || world.log.some((entry) => entryOf(entry).removes.includes(id))
