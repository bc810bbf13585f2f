import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import type {
  ListMultipartUploadsCommandOutput,
  ListObjectsV2CommandOutput,
  _Object,
  S3Client,
} from '@aws-sdk/client-s3'

import { CheckpointError, ConfigError, SinkError } from '../core/errors.ts'
import { checkKey, checkPrefix } from './checkKey.ts'
import type { ObjectStore, StagedObject } from './objectStore.ts'
import { publishConflict } from './publishConflict.ts'
import { hasOwnEndpoint, s3Client } from './s3Client.ts'
import { s3Error, s3Status } from './s3Error.ts'
import {
  lastingAt,
  lastingWriter,
  publishLasting,
  stagingFolder,
  STAGING,
  waitsAt,
} from './s3Lasting.ts'
import { s3Objects } from './s3Objects.ts'
import { s3Swap } from './s3Swap.ts'
import { s3Upload } from './s3Upload.ts'
import type { S3Parts } from './s3Upload.ts'
import { stageByStreaming } from './stageByStreaming.ts'

export interface S3StoreOptions {
  readonly bucket: string
  /** Goes before every key. @defaultValue '' (the bucket itself) */
  readonly prefix?: string
  /** @defaultValue set up by `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, … */
  readonly client?: S3Client
}

/**
 * A lake in a bucket. Names are given by conditional writes; a staged object is a multipart upload that
 * waits under its final key and is completed when it is published. The server's CRC-32 of the whole object
 * is compared with ours wherever it has one.
 *
 * **Delivery**: what resolved is durable as far as the server's promise goes. Uploads of processes that
 * died cost storage until they are cleaned; a lifecycle rule that aborts old ones does no harm, since a
 * file that expired is staged again.
 *
 * @throws ConfigError `SBX_LAKE_KEY`, `SBX_LAKE_URL`, `SBX_LAKE_CREDENTIALS`, `SBX_LAKE_REGION`,
 *   `SBX_LAKE_UNSAFE`; SinkError `SBX_LAKE_DENIED`, `SBX_LAKE_NO_BUCKET`, `SBX_LAKE_EXISTS`,
 *   `SBX_LAKE_UNREACHABLE` (retryable), `SBX_LAKE_IO`; CheckpointError `SBX_PUBLISH_CONFLICT`,
 *   `SBX_STAGED_NAME`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function s3Store({ bucket, prefix = '', client = s3Client() }: S3StoreOptions): ObjectStore {
  if (prefix !== '') checkKey(prefix)
  const base = prefix === '' ? '' : `${prefix}/`
  const url = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`
  const objects = s3Objects(client, bucket)
  const swaps = s3Swap(client, bucket, base)
  const pathOf = (key: string): string => base + checkKey(key)
  const failed =
    (action: string, key: string) =>
    (cause: unknown): never => {
      throw s3Error(action, url, key, cause)
    }

  const store: ObjectStore = {
    url,
    localPath: () => undefined,

    create: async (key, bytes) => objects.create(pathOf(key), bytes).catch(failed('create', key)),
    replace: async (key, bytes) =>
      objects.replace(pathOf(key), bytes).catch(failed('replace', key)),
    read: async (key) => objects.read(pathOf(key)).catch(failed('read', key)),
    has: async (key) => objects.has(pathOf(key)).catch(failed('look for', key)),
    fetch: async (key, path) => objects.fetch(pathOf(key), path).catch(failed('fetch', key)),
    look: async (key) => swaps.look(checkKey(key)).catch(failed('look at', key)),
    swap: async (from, to, seen) =>
      swaps.swap(checkKey(from), checkKey(to), seen).catch(failed('put in place', to)),
    remove: async (key) => objects.remove(pathOf(key)).catch(failed('remove', key)),

    list: async function* (below) {
      if (below.startsWith(STAGING)) return
      const prefix = base + checkPrefix(below)
      const found = objectsBelow(client, bucket, prefix, failed('list', below))
      for await (const { Key = '', Size = 0, LastModified, ETag: tag } of found) {
        // Consoles make empty objects in the place of folders.
        if (Key.endsWith('/') || Key.startsWith(`${base}${STAGING}`)) continue
        yield {
          key: Key.slice(base.length),
          bytes: Size,
          modifiedMs: LastModified?.getTime() ?? 0,
          tag,
        }
      }
    },

    openWriter: (key) => {
      const path = pathOf(key)
      const upload = s3Upload(client, bucket, path)
      const finish = async (): Promise<boolean> => {
        const whole = await upload.whole()
        if (whole !== undefined) return (await objects.create(path, whole)) === 'created'
        if (await objects.complete(path, await upload.finish(), upload.sums())) return true
        return (await objects.compare(path, upload.sums())) === 'same'
      }
      return {
        write: (bytes) => upload.write(bytes).catch(failed('write', key)),
        close: async () => {
          const isWritten = await finish().catch(failed('write', key))
          if (isWritten) return upload.sums()
          await upload.abort()
          throw occupied(url, key)
        },
        abort: () => upload.abort(),
      }
    },

    stage: (task, key, lasting = false) => {
      if (task === '') throw new ConfigError('a task needs a name', { code: 'SBX_LAKE_KEY' })
      if (lasting) return lastingWriter(store, task, key)
      const upload = s3Upload(client, bucket, pathOf(key))
      return {
        write: (bytes) => upload.write(bytes).catch(failed('stage', key)),
        close: async () => {
          const parts = await upload.finish().catch(failed('stage', key))
          return { key, staged: JSON.stringify(parts), ...upload.sums() }
        },
        abort: () => upload.abort(),
      }
    },

    stageFile: (task, key, path) => stageByStreaming(store.stage(task, key), path),

    publish: async (object) => {
      const path = pathOf(object.key)
      const waits = waitsAt(object)
      if (waits !== undefined) {
        const options = { objects, swaps, base, url }
        return publishLasting(options, object, waits).catch(failed('publish', object.key))
      }
      const waiting = parseStaged(object)
      const already = async (): Promise<boolean> => {
        const found = await objects.compare(path, object)
        if (found === 'other') throw publishConflict(url, object)
        if (found === 'same') await objects.abort(path, waiting.upload)
        return found === 'same'
      }
      try {
        // First, since versitygw confirms the completion of an upload that is gone where the key is taken.
        if (await already()) return 'already'
        const isDone = await objects.complete(path, waiting, object).catch(ifConflict)
        if (isDone) return 'published'
        return (await already()) ? 'already' : 'missing'
      } catch (error) {
        throw s3Error('publish', url, object.key, error)
      }
    },

    discard: async (object) => {
      const waits = waitsAt(object)
      const ended =
        waits === undefined
          ? objects.abort(pathOf(object.key), parseStaged(object).upload)
          : objects.remove(pathOf(waits))
      return ended.catch(failed('discard', object.key))
    },

    listStaged: async function* (task) {
      const lasting = stagingFolder(task)
      const found = objectsBelow(client, bucket, base + lasting, failed('list', lasting))
      for await (const { Key = '' } of found) yield lastingAt(Key.slice(base.length))
      // MinIO finds uploads by their whole key or without a prefix, not by a folder.
      const prefixes = hasOwnEndpoint() && base !== '' ? [base, ''] : [base]
      for (const wanted of prefixes) {
        let count = 0
        for await (const found of uploads(client, bucket, wanted, failed('list', '_staging/'))) {
          if (!found.key.startsWith(base)) continue
          count++
          const staged = JSON.stringify({ upload: found.upload, parts: [] } satisfies S3Parts)
          yield { key: found.key.slice(base.length), staged, bytes: 0, checksum: 0 }
        }
        if (count > 0) return
      }
    },
  }
  return Object.freeze(store)
}

async function* objectsBelow(
  client: S3Client,
  bucket: string,
  Prefix: string,
  failed: (cause: unknown) => never,
): AsyncGenerator<_Object> {
  let ContinuationToken: string | undefined
  do {
    const page: ListObjectsV2CommandOutput = await client
      .send(new ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken }))
      .catch(failed)
    yield* page.Contents ?? []
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
}

/** Two writers at once: Amazon wants the upload to be done anew. */
function ifConflict(error: unknown): boolean {
  if (s3Status(error) === 409) return false
  throw error
}

async function* uploads(
  client: S3Client,
  bucket: string,
  prefix: string,
  failed: (cause: unknown) => never,
): AsyncGenerator<{ key: string; upload: string }> {
  let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined =
    {}
  while (after !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await client
      .send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...after }))
      .catch(failed)
    for (const { Key, UploadId } of page.Uploads ?? []) {
      if (Key !== undefined && UploadId !== undefined) yield { key: Key, upload: UploadId }
    }
    after =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined
  }
}

function parseStaged(object: StagedObject): S3Parts {
  try {
    const { upload, parts } = JSON.parse(object.staged) as Partial<S3Parts>
    if (typeof upload === 'string' && Array.isArray(parts)) return { upload, parts }
  } catch {
    // Reported below, as any other text that is no upload.
  }
  throw new CheckpointError(
    `${JSON.stringify(object.staged.slice(0, 100))} is no upload that could become ${object.key}: ` +
      'the checkpoint is damaged, or belongs to a lake in a folder',
    { code: 'SBX_STAGED_NAME' },
  )
}

function occupied(url: string, key: string): SinkError {
  return new SinkError(`can't write ${key} in ${url}: it exists, and nothing is overwritten`, {
    code: 'SBX_LAKE_EXISTS',
  })
}
