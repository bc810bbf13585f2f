import type { SourcePosition, StoredState } from '../../core/unit.ts'
import { decodeInline, decodeSegment, encodeInline, encodeSegment } from './fileSegment.ts'
import type { FileState } from './fileState.ts'

/**
 * Every file that was ever read, and how far: the position of the source. Files in progress lie in the
 * checkpoint itself. Finished ones are written once, to immutable objects that are merged so that each is
 * more than twice as long as the next: a checkpoint adds what finished since the last one, and names a
 * number of objects that grows with the logarithm of the number of files.
 *
 * Memory: about 400 bytes a file and the length of its path, for as long as the lake lives.
 */
export interface FileIndex {
  /** How many files are in progress. */
  readonly inProgress: number
  get(path: string): FileState | undefined
  /** Whether this is the path of a file that was read to its end. */
  isFinished(path: string): boolean
  /** The file is being read. */
  put(state: FileState): void
  /** There is no more to be read of it as long as it does not change. */
  finish(state: FileState): void
  /** Files in progress whose paths are not among these are gone: they are no longer in progress. */
  keepOnly(paths: ReadonlySet<string>): void
  /** Other bytes are at its path now: remembers its content alone. */
  retire(state: FileState): void
  hasSize(size: number): boolean
  /** The path of a file that was read whole and has this content. */
  withContent(size: number, digest: string): string | undefined
  position(): SourcePosition
  added(names: readonly string[]): void
}

interface Segment {
  readonly name: string
  readonly sequence: number
  readonly paths: readonly string[]
}

/** Rejects with CheckpointError `SBX_LANDING_POSITION` where the restored position can't be read. */
export async function openFileIndex(restored: StoredState | undefined): Promise<FileIndex> {
  const states = new Map<string, FileState>()
  const open = new Set<string>()
  const fresh = new Set<string>()
  const sizes = new Set<number>()
  const contents = new Map<string, string>()
  let segments: readonly Segment[] = []
  let pending: { readonly kept: readonly Segment[]; readonly paths: readonly string[] } | undefined

  const set = (state: FileState): void => {
    const before = states.get(state.path)
    if (before !== undefined) {
      const key = contentKey(before.size, before.digest)
      if (contents.get(key) === before.path) contents.delete(key)
    }
    states.set(state.path, state)
    if (!isWhole(state)) return
    const key = contentKey(state.size, state.digest)
    if (!contents.has(key)) contents.set(key, state.path)
    sizes.add(state.size)
  }

  const finish = (state: FileState): void => {
    set(state)
    open.delete(state.path)
    fresh.add(state.path)
  }

  if (restored !== undefined) {
    const objects = await Promise.all(
      restored.objects.map(async (name) => ({
        name,
        ...decodeSegment(name, await restored.read(name)),
      })),
    )
    objects.sort((a, b) => a.sequence - b.sequence)
    for (const { files } of objects) files.forEach(set)
    for (const state of decodeInline(restored.inline)) {
      set(state)
      open.add(state.path)
    }
    segments = objects.map(({ name, sequence, files }) => ({
      name,
      sequence,
      paths: files.map(({ path }) => path),
    }))
  }

  return {
    get inProgress() {
      return open.size
    },
    get: (path) => states.get(path),
    isFinished: (path) => states.has(path) && !open.has(path),
    put(state) {
      set(state)
      open.add(state.path)
      fresh.delete(state.path)
    },
    finish,
    keepOnly(paths) {
      for (const path of open) {
        const state = states.get(path)!
        // No file is that small: should it come back, it is looked at.
        if (!paths.has(path)) finish(isWhole(state) ? state : { ...state, size: -1 })
      }
    },
    retire(state) {
      if (!isWhole(state)) return
      contents.delete(contentKey(state.size, state.digest))
      // No file has such a name, and no two contents share one.
      finish({ ...state, path: `${state.path}\0${state.digest}` })
    },
    hasSize: (size) => sizes.has(size),
    withContent: (size, digest) => contents.get(contentKey(size, digest)),
    position() {
      const inline = encodeInline([...open].sort().map((path) => states.get(path)!))
      pending = undefined
      if (fresh.size === 0) return { inline, add: [], keep: segments.map(({ name }) => name) }

      const paths = new Set(fresh)
      let kept = segments.length
      while (kept > 0 && segments[kept - 1]!.paths.length <= 2 * paths.size) {
        for (const path of segments[--kept]!.paths) if (!open.has(path)) paths.add(path)
      }
      pending = { kept: segments.slice(0, kept), paths: [...paths] }
      const files = pending.paths.map((path) => states.get(path)!)
      return {
        inline,
        add: [encodeSegment(nextSequence(segments), files)],
        keep: pending.kept.map(({ name }) => name),
      }
    },
    added([name]) {
      if (pending === undefined || name === undefined) return
      segments = [...pending.kept, { name, sequence: nextSequence(segments), paths: pending.paths }]
      pending = undefined
      fresh.clear()
    },
  }
}

/** All of it was taken: whoever has the same content has nothing new. */
function isWhole({ raw, size, problem, copied, inside }: FileState): boolean {
  const halfway = problem !== undefined || copied !== undefined || inside !== undefined
  return raw === size && size > 0 && !halfway
}

const contentKey = (size: number, digest: string): string => `${size} ${digest}`

const nextSequence = (segments: readonly Segment[]): number => (segments.at(-1)?.sequence ?? 0) + 1
