import type { Checkpoint } from '../../../src/runtime/checkpoint.ts'
import { interner } from './interner.ts'

/**
 * Everything that outlives a process, and the processes. All integers: ids of the catalog, and sets are
 * sorted, so that equal worlds are equal arrays. Never changed in place.
 */
export interface World {
  readonly now: number
  /** By epoch, from 1 on: 0 none, positive a checkpoint's id, negative a marker's. */
  readonly checkpoints: readonly number[]
  /** Ids of the files that exist. */
  readonly files: readonly number[]
  /** Ids of the table's log entries, in order. */
  readonly log: readonly number[]
  /** Which version `gold.duckdb` is, and 1 if an older one was put over a newer one. */
  readonly gold: readonly [inPlace: number, setBack: number]
  /** Ids of requests that were sent, may arrive at any time, and whose answers nobody will hear. */
  readonly flying: readonly number[]
  /** How many uploads the server has let expire. */
  readonly expired: number
  /** Ids of the attempts' states; where there is maintenance, its states follow. */
  readonly actors: readonly number[]
}

export type FileKind =
  'silver' | 'compacted' | 'staged' | 'bronze' | 'goldStaged' | 'gold' | 'object' | 'open'

export interface ModelFile {
  readonly kind: FileKind
  readonly epoch: number
  readonly attempt: string
  /** Numbers of the source records in it. */
  readonly records: readonly number[]
  /** Which upload of the same file it is. */
  readonly upload: string
}

export interface LogEntry {
  /** The epoch that it publishes; 0 for a compaction. */
  readonly txn: number
  readonly adds: readonly number[]
  readonly removes: readonly number[]
}

/** A request that changes the store, as it is sent. */
export type Request =
  | {
      readonly kind: 'create'
      readonly epoch: number
      readonly body: number
      readonly sent: number
    }
  | { readonly kind: 'append'; readonly version: number; readonly entry: number }
  | { readonly kind: 'link'; readonly from: number; readonly to: number }
  | { readonly kind: 'complete'; readonly from: number; readonly to: number }
  | { readonly kind: 'remove'; readonly files: readonly number[] }
  | { readonly kind: 'retire'; readonly epoch: number; readonly marker: number }
  | { readonly kind: 'removeMarker'; readonly epoch: number }
  | { readonly kind: 'putGold'; readonly version: number; readonly over: number }

const markers = interner<{ readonly attempt: string; readonly retiredAtMs: number }>()
const bodies = interner<Checkpoint>()
const bodyIds = new WeakMap<Checkpoint, number>()
const files = interner<ModelFile>()
const entries = interner<LogEntry>()
const requests = interner<Request>()

export const markerOf = markers.of
export const fileOf = files.of
export const entryOf = entries.of
export const requestOf = requests.of

export function bodyId(checkpoint: Checkpoint): number {
  const known = bodyIds.get(checkpoint)
  if (known !== undefined) return known
  const id = bodies.id(JSON.stringify(checkpoint), () => checkpoint)
  bodyIds.set(checkpoint, id)
  return id
}
export const markerId = (attempt: string, retiredAtMs: number): number =>
  markers.id(`${attempt} ${retiredAtMs}`, () => ({ attempt, retiredAtMs }))
export const entryId = (entry: LogEntry): number => entries.id(JSON.stringify(entry), () => entry)
export const requestId = (request: Request): number =>
  requests.id(JSON.stringify(request), () => request)

/** A file's name is all that there is to know of it: `kind/epoch/attempt/records/upload`. */
export function fileId(name: string): number {
  return files.id(name, () => {
    const [kind, epoch, attempt, records, upload] = name.split('/') as [FileKind, ...string[]]
    return {
      kind,
      epoch: Number(epoch),
      attempt: attempt!,
      records: records!.split('+').map(Number),
      upload: upload!,
    }
  })
}
export const fileName = ({ kind, epoch, attempt, records, upload }: ModelFile): string =>
  [kind, epoch, attempt, records.join('+'), upload].join('/')

/** A file in a trace. */
export const showFile = (id: number): string => {
  const { kind, epoch, attempt } = files.of(id)
  return `${kind} ${epoch} of ${attempt}`
}

/** The epoch of the newest checkpoint; 0 if there is none. */
export function newestEpoch(world: World): number {
  let epoch = world.checkpoints.length - 1
  while (epoch > 0 && world.checkpoints[epoch]! <= 0) epoch -= 1
  return Math.max(epoch, 0)
}
export const newestOf = (world: World): Checkpoint | undefined =>
  checkpointAt(world, newestEpoch(world))

export function checkpointAt(world: World, epoch: number): Checkpoint | undefined {
  const slot = world.checkpoints[epoch] ?? 0
  return slot > 0 ? bodies.of(slot) : undefined
}
/** Whom the checkpoint or marker of an epoch names. */
export function attemptAt(world: World, epoch: number): string | undefined {
  const slot = world.checkpoints[epoch] ?? 0
  if (slot === 0) return undefined
  return slot > 0 ? bodies.of(slot).attempt : markers.of(-slot).attempt
}

/** Files that the table names, and the last epoch of the task that is in it. */
export function table(log: readonly number[]): {
  readonly active: readonly number[]
  readonly txn: number
} {
  let active: number[] = []
  let txn = 0
  for (const id of log) {
    const entry = entries.of(id)
    txn = Math.max(txn, entry.txn)
    if (entry.removes.length > 0) active = active.filter((file) => !entry.removes.includes(file))
    active = active.concat(entry.adds)
  }
  return { active, txn }
}

export const withFiles = (all: readonly number[], more: readonly number[]): readonly number[] => {
  const added = more.filter((file) => !all.includes(file))
  return added.length === 0 ? all : [...all, ...added].sort((a, b) => a - b)
}
export const withoutFiles = (all: readonly number[], less: readonly number[]): readonly number[] =>
  less.some((file) => all.includes(file)) ? all.filter((file) => !less.includes(file)) : all

/** What the store does with a request when it gets there, and what it answers. */
export function serve(
  world: World,
  request: Request,
): { readonly world: World; readonly refused: boolean } {
  const done = (change: Partial<World>) => ({ world: { ...world, ...change }, refused: false })
  const refused = { world, refused: true }
  switch (request.kind) {
    case 'create':
      if ((world.checkpoints[request.epoch] ?? 0) !== 0) return refused
      return done({ checkpoints: withSlot(world, request.epoch, request.body) })
    case 'append':
      if (world.log.length !== request.version) return refused
      return done({ log: [...world.log, request.entry] })
    case 'link':
      if (!world.files.includes(request.from)) return refused
      return done({ files: withFiles(world.files, [request.to]) })
    case 'complete':
      if (!world.files.includes(request.from)) return refused
      return done({ files: withFiles(withoutFiles(world.files, [request.from]), [request.to]) })
    case 'remove':
      return done({ files: withoutFiles(world.files, request.files) })
    case 'retire':
      return done({ checkpoints: withSlot(world, request.epoch, -request.marker) })
    case 'removeMarker':
      return done({ checkpoints: withSlot(world, request.epoch, 0) })
    case 'putGold': {
      const [inPlace, setBack] = world.gold
      // `over` is what `If-Match` names; a rename looks at nothing.
      if (request.over >= 0 && request.over !== inPlace) return refused
      const isOlder = request.version < inPlace
      const isNewest = request.version >= newestGold(world)
      return done({ gold: [request.version, isOlder ? 1 : isNewest ? 0 : setBack] })
    }
  }
}

export const newestGold = (world: World): number =>
  world.files.reduce((newest, id) => {
    const file = files.of(id)
    return file.kind === 'gold' ? Math.max(newest, file.epoch) : newest
  }, 0)

function withSlot(world: World, epoch: number, slot: number): readonly number[] {
  const slots = world.checkpoints.slice()
  while (slots.length <= epoch) slots.push(0)
  slots[epoch] = slot
  return slots
}

/** The world as integers, each array closed by −1. */
export function encodeWorld(world: World, put: (integer: number) => void): void {
  put(world.now)
  put(world.expired)
  for (const part of [
    world.checkpoints,
    world.files,
    world.log,
    world.gold,
    world.flying,
    world.actors,
  ]) {
    for (const integer of part) put(integer)
    put(-0x7fffffff)
  }
}
