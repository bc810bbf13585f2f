import { randomUUID } from 'node:crypto'

import { CheckpointError, ConfigError } from '../core/errors.ts'
import type { ObjectStore } from './objectStore.ts'

const RACERS = 4
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * Tries out what exactly-once rests on: of several creations of one key one succeeds, and publishing
 * never overwrites. Some S3 servers ignore conditional writes, some file systems have no hard links:
 * they are refused here, before any record is read. Leaves nothing behind.
 *
 * @throws ConfigError `SBX_LAKE_UNSAFE`, `SBX_LAKE_NO_LINKS`; SinkError where the lake can't be written
 */
export async function probe(store: ObjectStore): Promise<void> {
  const name = randomUUID()
  const created = `_leases/_probe/${name}-created`
  const published = `_leases/_probe/${name}-published`
  try {
    await probeCreate(store, created)
    await probePublish(store, `probe-${name}`, published)
  } finally {
    await Promise.allSettled([store.remove(created), store.remove(published)])
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

async function probePublish(store: ObjectStore, task: string, key: string): Promise<void> {
  const first = await staged(store, task, key, 'first')
  const second = await staged(store, task, key, 'second')
  try {
    const answers = [await store.publish(first), await store.publish(first)].join(', ')
    if (answers !== 'published, already') {
      throw unsafe(store, `publishing an object twice answered ${answers}`)
    }
    const overwrote = await store.publish(second).then(
      () => true,
      (error: unknown) => {
        if (error instanceof CheckpointError) return false
        throw error
      },
    )
    if (overwrote) throw unsafe(store, 'publishing overwrote an object')
  } finally {
    await Promise.allSettled([store.discard(first), store.discard(second)])
  }
}

async function staged(store: ObjectStore, task: string, key: string, text: string) {
  // Both wait under the same key: each task has its own place for it.
  const writer = store.stage(`${task}-${text}`, key)
  await writer.write(encode(text))
  return writer.close()
}

function unsafe(store: ObjectStore, what: string): ConfigError {
  return new ConfigError(
    `${store.url} can't hold a lake: ${what}. Exactly-once needs create-if-absent: on S3 a server ` +
      'that honours If-None-Match on PutObject and CompleteMultipartUpload (Amazon S3, MinIO, ' +
      'versitygw), on disk a local file system with hard links',
    { code: 'SBX_LAKE_UNSAFE' },
  )
}
