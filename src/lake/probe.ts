import { randomUUID } from 'node:crypto'

import { CheckpointError, ConfigError } from '../core/errors.ts'
import { allOf } from '../core/allOf.ts'
import type { ObjectStore, StagedObject } from './objectStore.ts'
import { isGone, processName } from './processName.ts'

const RACERS = 4
const FOLDER = '_leases/_probe/'
const taskOf = (racer: number): string => `_probe-${racer}`
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * Tries out what exactly-once rests on: of several creations of one key one succeeds, and publishing
 * never overwrites. Some S3 servers ignore conditional writes, some file systems have no hard links:
 * they are refused here, before any record is read. Leaves nothing behind, and takes away what
 * probes of processes that were killed have left.
 *
 * @throws ConfigError `SBX_LAKE_UNSAFE`, `SBX_LAKE_NO_LINKS`; SinkError where the lake can't be written
 */
export async function probe(store: ObjectStore): Promise<void> {
  const name = `${FOLDER}${processName}-${randomUUID()}`
  const created = `${name}.created`
  const published = `${name}.published`
  try {
    // They have nothing to do with each other, and each waits for the disk a dozen times.
    await allOf([
      probeCreate(store, created),
      probePublish(store, published),
      removeLeftovers(store),
    ])
  } finally {
    await Promise.allSettled([store.remove(created), store.remove(published)])
  }
}

async function removeLeftovers(store: ObjectStore): Promise<void> {
  const isLeftover = (key: string): boolean =>
    key.startsWith(FOLDER) && isGone(key.slice(FOLDER.length).replace(/-[0-9a-f-]{36}\.\w+$/, ''))
  for await (const { key } of store.list(FOLDER)) if (isLeftover(key)) await store.remove(key)
  for (let racer = 0; racer < RACERS; racer++) {
    for await (const object of store.listStaged(taskOf(racer))) {
      if (isLeftover(object.key)) await store.discard(object)
    }
  }
}

async function probeCreate(store: ObjectStore, key: string): Promise<void> {
  const bodies = Array.from({ length: RACERS }, (_, racer) => encode(`racer ${racer}`))
  const answers = await Promise.all(bodies.map((body) => store.create(key, body)))
  const again = await store.create(key, encode('late'))
  const kept = Buffer.from((await store.read(key)) ?? []).toString()
  const winners = answers.flatMap((answer, racer) => (answer === 'created' ? [racer] : []))
  if (winners.length === 1 && again === 'exists' && kept === `racer ${winners[0]}`) return
  throw unsafe(
    store,
    `${winners.length} of ${RACERS} creations of one key succeeded, a later one answered ` +
      `'${again}', and the object holds '${kept}'`,
  )
}

async function probePublish(store: ObjectStore, key: string): Promise<void> {
  const objects = await Promise.all(
    Array.from({ length: RACERS }, (_, racer) => stageOne(store, taskOf(racer), key, racer)),
  )
  try {
    const answers = await Promise.all(objects.map((object) => publishOne(store, object)))
    const winner = answers.indexOf('published')
    const again = await publishOne(store, objects[winner] ?? (objects[0] as StagedObject))
    const kept = Buffer.from((await store.read(key)) ?? []).toString()
    const refused = answers.filter((answer) => answer === 'refused').length
    if (refused === RACERS - 1 && again === 'already' && kept === `racer ${winner}`) return
    throw unsafe(
      store,
      `of ${RACERS} objects published under one key at once ${refused} were refused, publishing one ` +
        `again answered '${again}', and the object holds '${kept}'`,
    )
  } finally {
    await Promise.allSettled(objects.map((object) => store.discard(object)))
  }
}

/** Each waits under a task of its own, since all of them have the same key. */
async function stageOne(
  store: ObjectStore,
  task: string,
  key: string,
  racer: number,
): Promise<StagedObject> {
  const writer = store.stage(task, key)
  await writer.write(encode(`racer ${racer}`))
  return writer.close()
}

async function publishOne(store: ObjectStore, object: StagedObject): Promise<string> {
  try {
    return await store.publish(object)
  } catch (error) {
    if (error instanceof CheckpointError) return 'refused'
    throw error
  }
}

function unsafe(store: ObjectStore, what: string): ConfigError {
  return new ConfigError(
    `${store.url} can't hold a lake: ${what}. Exactly-once needs create-if-absent: on S3 a server ` +
      'that honours If-None-Match on PutObject and CompleteMultipartUpload (Amazon S3, MinIO, ' +
      'versitygw), on disk a local file system with hard links',
    { code: 'SBX_LAKE_UNSAFE' },
  )
}
