import { randomBytes } from 'node:crypto'
import { CheckpointError } from '../core/errors.ts'
import type { ObjectStore } from '../lake/objectStore.ts'
import {
  encodeCheckpoint,
  isMarker,
  parseCheckpoint,
  type Checkpoint,
  type Marker,
} from './checkpoint.ts'
import { encodeStateObject, parseStateObject } from './stateObject.ts'

/** Where the checkpoints of one task lie, and everything beside them. */
export interface CheckpointStore {
  readonly lineage: string
  /** Checkpoints and markers, oldest first. */
  listEpochs(): Promise<readonly { readonly epoch: number; readonly modifiedMs: number }[]>
  /**
   * The checkpoint with the highest epoch; undefined where nothing was ever committed.
   * @throws CheckpointError `SBX_CHECKPOINT_DAMAGED` where only markers are left
   */
  newest(): Promise<Checkpoint | undefined>
  read(epoch: number): Promise<Checkpoint | Marker | undefined>
  create(checkpoint: Checkpoint): Promise<'created' | 'exists'>
  /** Puts a marker in the place of a checkpoint, or of another marker, in one step. */
  retire(marker: Marker): Promise<void>
  removeMarker(epoch: number): Promise<void>
  writeObject(name: string, bytes: Uint8Array): Promise<void>
  /** @throws CheckpointError `SBX_STATE_MISSING`, `SBX_STATE_DAMAGED` in the name of `node`, whose state it is */
  readObject(name: string, node: string): Promise<Uint8Array>
  listObjects(): Promise<string[]>
  removeObject(name: string): Promise<void>
  /** Attempts that may have left files behind. */
  openAttempts(): Promise<readonly { readonly attempt: string; readonly openedMs: number }[]>
  markOpen(attempt: string, sinks: readonly string[]): Promise<void>
  removeOpen(attempt: string): Promise<void>
}

const EPOCH = /^\d{12}$/
const OPEN = '.open'

/**
 * The topology's lineage: a random id that the first run draws; whoever comes later reads it. All
 * checkpoints, and every transaction in a table's log, are bound to it.
 */
export async function readLineage(store: ObjectStore, topology: string): Promise<string> {
  const key = `_checkpoints/${topology}/lineage`
  const found = await store.read(key)
  if (found !== undefined) return parseLineage(found, key)
  const drawn = randomBytes(8).toString('hex')
  await store.create(key, Buffer.from(drawn))
  return parseLineage((await store.read(key))!, key)
}

function parseLineage(bytes: Uint8Array, key: string): string {
  const lineage = Buffer.from(bytes).toString('utf8')
  if (/^[0-9a-f]{16}$/.test(lineage)) return lineage
  throw new CheckpointError(
    `${key} is damaged: it holds ${bytes.length} bytes instead of 16 hex digits; put it back from a copy of the lake (the same id is the name of the folder beside it)`,
    { code: 'SBX_CHECKPOINT_DAMAGED' },
  )
}

function headless(folder: string, epoch: number): CheckpointError {
  return new CheckpointError(
    `${folder} ends with the marker of epoch ${epoch}; the checkpoints that followed it are gone. Nothing was read or changed. Put them back from a copy of the lake, or start over in an empty lake`,
    { code: 'SBX_CHECKPOINT_DAMAGED' },
  )
}

/** Opens the checkpoints of one task on any object store. */
export function checkpointStore(
  store: ObjectStore,
  topology: string,
  lineage: string,
  task: string,
): CheckpointStore {
  const folder = `_checkpoints/${topology}/${lineage}/${task}/`
  const keyOf = (epoch: number): string => `${folder}${String(epoch).padStart(12, '0')}`
  const read = async (epoch: number): Promise<Checkpoint | Marker | undefined> => {
    const bytes = await store.read(keyOf(epoch))
    return bytes === undefined ? undefined : parseCheckpoint(bytes, keyOf(epoch))
  }
  const listEpochs = async (): Promise<{ epoch: number; modifiedMs: number }[]> => {
    const found: { epoch: number; modifiedMs: number }[] = []
    for await (const { key, modifiedMs } of store.list(folder)) {
      const name = key.slice(folder.length)
      if (EPOCH.test(name)) found.push({ epoch: Number(name), modifiedMs })
    }
    return found
  }

  return {
    lineage,
    listEpochs,
    read,
    async newest() {
      for (let before = -1; ;) {
        const last = (await listEpochs()).at(-1)?.epoch
        if (last === undefined) return undefined
        const found = await read(last)
        if (found !== undefined && !isMarker(found)) return found
        // Others have gone on since the listing: the last one never becomes a marker.
        if (last === before) throw headless(folder, last)
        before = last
      }
    },
    create: (checkpoint) => store.create(keyOf(checkpoint.epoch), encodeCheckpoint(checkpoint)),
    retire: (marker) => store.replace(keyOf(marker.epoch), encodeCheckpoint(marker)),
    removeMarker: (epoch) => store.remove(keyOf(epoch)),
    async writeObject(name, bytes) {
      // The name holds the attempt's random part: one that is there is this very object.
      await store.create(`${folder}state/${name}`, encodeStateObject(bytes))
    },
    async readObject(name, node) {
      const key = `${folder}state/${name}`
      return parseStateObject(await store.read(key), key, node)
    },
    async listObjects() {
      const found: string[] = []
      const objects = `${folder}state/`
      for await (const { key } of store.list(objects)) found.push(key.slice(objects.length))
      return found
    },
    removeObject: (name) => store.remove(`${folder}state/${name}`),
    async openAttempts() {
      const found: { attempt: string; openedMs: number }[] = []
      for await (const { key, modifiedMs } of store.list(folder)) {
        if (!key.endsWith(OPEN)) continue
        found.push({ attempt: key.slice(folder.length, -OPEN.length), openedMs: modifiedMs })
      }
      return found
    },
    async markOpen(attempt, sinks) {
      await store.create(`${folder}${attempt}${OPEN}`, Buffer.from(JSON.stringify({ sinks })))
    },
    removeOpen: (attempt) => store.remove(`${folder}${attempt}${OPEN}`),
  }
}
