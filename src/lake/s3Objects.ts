import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import type { S3Client } from '@aws-sdk/client-s3'
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'

import { diskError } from './diskError.ts'
import { ifAbsent, unlessTaken } from './s3Answers.ts'
import { s3Checksum } from './s3Upload.ts'
import type { S3Parts } from './s3Upload.ts'

const READ_TRIES = 3
const WRITER = 'sluicebox-write'

/** The requests on single objects, each with the answers that have a meaning for a lake. */
export interface S3Objects {
  create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'>
  replace(key: string, bytes: Uint8Array): Promise<void>
  read(key: string): Promise<Uint8Array | undefined>
  /** False where there is no such object. */
  fetch(key: string, path: string): Promise<boolean>
  has(key: string): Promise<boolean>
  remove(key: string): Promise<void>
  /** Completes an upload unless the key is taken, the upload gone, or another write under way. */
  complete(key: string, upload: S3Parts, sums: ObjectSums): Promise<boolean>
  /** Ends an upload; one that is gone is fine. */
  abort(key: string, upload: string): Promise<void>
  /** Whether an object with this content is there. */
  compare(key: string, sums: ObjectSums): Promise<'absent' | 'same' | 'other'>
}

/** What an object must have to be the one that is meant. */
export interface ObjectSums {
  readonly bytes: number
  readonly checksum: number
}

export function s3Objects(client: S3Client, bucket: string): S3Objects {
  const target = (key: string) => ({ Bucket: bucket, Key: key })

  const wrote = async (key: string, mark: string): Promise<boolean> => {
    const head = await client.send(new HeadObjectCommand(target(key))).catch(ifAbsent)
    return head?.Metadata?.[WRITER] === mark
  }

  const streamedChecksum = async (key: string): Promise<number> => {
    const { Body } = await client.send(new GetObjectCommand(target(key)))
    let checksum = 0
    for await (const piece of Body as AsyncIterable<Uint8Array>) checksum = crc32(piece, checksum)
    return checksum
  }

  return {
    create: async (key, bytes) => {
      const mark = randomUUID()
      const put = new PutObjectCommand({
        ...target(key),
        Body: bytes,
        ChecksumCRC32: s3Checksum(crc32(bytes)),
        IfNoneMatch: '*',
        Metadata: { [WRITER]: mark },
      })
      const isCreated = await unlessTaken(() => client.send(put))
      // The SDK repeats a request whose answer was lost: the object in the way may be our own.
      return isCreated || (await wrote(key, mark)) ? 'created' : 'exists'
    },

    replace: async (key, bytes) => {
      const ChecksumCRC32 = s3Checksum(crc32(bytes))
      await client.send(new PutObjectCommand({ ...target(key), Body: bytes, ChecksumCRC32 }))
    },

    read: async (key) => {
      for (let tries = 1; ; tries++) {
        const found = await client.send(new GetObjectCommand(target(key))).catch(ifAbsent)
        try {
          return await found?.Body?.transformToByteArray()
        } catch (error) {
          if (tries === READ_TRIES) throw error
        }
      }
    },

    fetch: async (key, path) => {
      for (let tries = 1; ; tries++) {
        const found = await client.send(new GetObjectCommand(target(key))).catch(ifAbsent)
        if (found === undefined) return false
        try {
          await pipeline(found.Body as Readable, createWriteStream(path, { flags: 'wx' }))
          return true
        } catch (error) {
          // A disk that says no does not say anything else the next time.
          if (isOfDisk(error)) throw diskError('write', path, error)
          await rm(path, { force: true })
          if (tries === READ_TRIES) throw error
        }
      }
    },

    has: async (key) =>
      (await client.send(new HeadObjectCommand(target(key))).catch(ifAbsent)) !== undefined,

    remove: async (key) => {
      await client.send(new DeleteObjectCommand(target(key)))
    },

    complete: (key, { upload, parts }, { bytes, checksum }) =>
      unlessTaken(() =>
        client.send(
          new CompleteMultipartUploadCommand({
            ...target(key),
            UploadId: upload,
            IfNoneMatch: '*',
            ChecksumType: 'FULL_OBJECT',
            // MinIO takes the checksum of nothing for wrong.
            ...(bytes > 0 && { ChecksumCRC32: s3Checksum(checksum) }),
            MultipartUpload: { Parts: [...parts] },
          }),
        ),
      ),

    abort: async (key, upload) => {
      const request = new AbortMultipartUploadCommand({ ...target(key), UploadId: upload })
      await client.send(request).catch(ifAbsent)
    },

    compare: async (key, { bytes, checksum }) => {
      const request = new HeadObjectCommand({ ...target(key), ChecksumMode: 'ENABLED' })
      const head = await client.send(request).catch(ifAbsent)
      if (head === undefined) return 'absent'
      if (head.ContentLength !== bytes) return 'other'
      if (bytes === 0) return 'same'
      // Objects in parts may carry a checksum of checksums: then the content itself is read.
      const isWhole =
        head.ChecksumType !== 'COMPOSITE' && head.ChecksumCRC32?.includes('-') === false
      const isSame = isWhole
        ? head.ChecksumCRC32 === s3Checksum(checksum)
        : (await streamedChecksum(key)) === checksum
      return isSame ? 'same' : 'other'
    },
  }
}

const isOfDisk = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && ['open', 'write'].includes(String(error.syscall))
