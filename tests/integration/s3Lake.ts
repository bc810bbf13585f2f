import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'
import { temporary } from '../contract/platform.ts'
import type { S3Server } from '../../scripts/services/startS3.ts'

/** One object of a bucket as it is now: two that are equal were not written in between. */
export interface Stored {
  readonly key: string
  readonly etag: string
  readonly modifiedMs: number
}

/** A lake in a bucket of its own, looked at by plain requests: nothing of the library is used. */
export interface S3Lake {
  readonly url: string
  readonly bucket: string
  objects(): Promise<readonly Stored[]>
  /** Keys of unfinished multipart uploads, of the whole bucket: listed without a prefix. */
  uploads(): Promise<readonly string[]>
  /** Ends an upload as a lifecycle rule would. */
  abortUploads(): Promise<number>
  /** A copy of the lake in a new local folder. */
  download(): Promise<string>
}

const PREFIX = 'the/lake'

export async function makeS3Lake(server: S3Server): Promise<S3Lake> {
  const client = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: {
      accessKeyId: server.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: server.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  })
  const Bucket = `lake-${crypto.randomUUID()}`
  await client.send(new CreateBucketCommand({ Bucket }))

  const objects = async (): Promise<Stored[]> => {
    const found: Stored[] = []
    for await (const page of paginateListObjectsV2({ client }, { Bucket })) {
      for (const { Key = '', ETag = '', LastModified } of page.Contents ?? []) {
        found.push({ key: Key, etag: ETag, modifiedMs: LastModified?.getTime() ?? 0 })
      }
    }
    return found
  }
  const uploads = async () =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []

  return {
    url: `s3://${Bucket}/${PREFIX}`,
    bucket: Bucket,
    objects,
    uploads: async () => (await uploads()).map(({ Key = '' }) => Key),
    abortUploads: async () => {
      const found = await uploads()
      for (const { Key, UploadId } of found) {
        await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
      }
      return found.length
    },
    download: async () => {
      const folder = temporary('s3-copy')
      for (const { key } of await objects()) {
        if (!key.startsWith(`${PREFIX}/`)) throw new Error(`${key} is outside of the lake`)
        const path = join(folder, key.slice(PREFIX.length + 1))
        await mkdir(dirname(path), { recursive: true })
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key }))
        if (!(Body instanceof Readable)) throw new Error(`${key} has no body`)
        await pipeline(Body, createWriteStream(path))
      }
      return folder
    },
  }
}

/** What a second run must not touch: everything but what says who runs what, and where it stands. */
export const dataOf = (objects: readonly Stored[]): readonly Stored[] =>
  objects.filter(({ key }) => !/^the\/lake\/_(?:checkpoints|leases|runs)\//.test(key))
