import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { S3Client } from '@aws-sdk/client-s3'
import { crc32 } from 'node:zlib'

const PART_BYTES = 8 << 20
const FIRST_BYTES = 256 << 10
const PARTS_AT_ONCE = 2

export interface S3Part {
  readonly PartNumber: number
  readonly ETag: string
  readonly ChecksumCRC32: string
}

/** An upload whose parts are all there; its object appears when it is completed. */
export interface S3Parts {
  readonly upload: string
  readonly parts: readonly S3Part[]
}

/** Cuts a stream of bytes into the parts of a multipart upload: at most 24 MiB are held. */
export interface S3Upload {
  write(bytes: Uint8Array): Promise<void>
  /** All that was written, where it is so little that no upload was begun. */
  whole(): Promise<Uint8Array | undefined>
  /** Sends the rest, one empty part where there is nothing at all. */
  finish(): Promise<S3Parts>
  sums(): { readonly bytes: number; readonly checksum: number }
  abort(): Promise<void>
}

/** CRC-32 as S3 writes it. */
export function s3Checksum(checksum: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(checksum)
  return bytes.toString('base64')
}

export function s3Upload(client: S3Client, bucket: string, key: string): S3Upload {
  const target = { Bucket: bucket, Key: key }
  let beginning: Promise<string> | undefined
  let tail: Promise<unknown> = Promise.resolve()
  let buffer = Buffer.alloc(0)
  let fill = 0
  let bytes = 0
  let checksum = 0
  const parts: Promise<S3Part>[] = []
  const spare: Buffer<ArrayBuffer>[] = []

  const begin = async (): Promise<string> => {
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({
        ...target,
        ChecksumAlgorithm: 'CRC32',
        ChecksumType: 'FULL_OBJECT',
      }),
    )
    if (UploadId === undefined) throw new Error('the server gave no upload id')
    return UploadId
  }

  const send = async (part: Buffer<ArrayBuffer>, body: Buffer, number: number): Promise<S3Part> => {
    beginning ??= begin()
    const UploadId = await beginning
    const ChecksumCRC32 = s3Checksum(crc32(body))
    const { ETag } = await client.send(
      new UploadPartCommand({ ...target, UploadId, PartNumber: number, Body: body, ChecksumCRC32 }),
    )
    if (ETag === undefined) throw new Error(`the server gave no ETag for part ${number}`)
    if (part.length === PART_BYTES) spare.push(part)
    return { PartNumber: number, ETag, ChecksumCRC32 }
  }

  const flush = async (): Promise<void> => {
    const sent = send(buffer, buffer.subarray(0, fill), parts.length + 1)
    sent.catch(() => {})
    parts.push(sent)
    buffer = Buffer.alloc(0)
    fill = 0
    await parts.at(-1 - PARTS_AT_ONCE)
  }

  const makeRoom = (): void => {
    if (fill < buffer.length) return
    const size = Math.min(PART_BYTES, Math.max(FIRST_BYTES, buffer.length * 2))
    const larger = (parts.length > 0 && spare.pop()) || Buffer.allocUnsafeSlow(size)
    buffer.copy(larger, 0, 0, fill)
    buffer = larger
  }

  const inOrder = <T>(step: () => Promise<T>): Promise<T> => {
    const done = tail.then(step)
    tail = done
    return done
  }

  return {
    write: (piece) =>
      inOrder(async () => {
        for (let at = 0; at < piece.byteLength;) {
          makeRoom()
          const taken = piece.subarray(at, at + buffer.length - fill)
          buffer.set(taken, fill)
          at += taken.byteLength
          fill += taken.byteLength
          if (fill === PART_BYTES) await flush()
        }
        checksum = crc32(piece, checksum)
        bytes += piece.byteLength
      }),
    whole: () => inOrder(async () => (parts.length === 0 ? buffer.subarray(0, fill) : undefined)),
    finish: () =>
      inOrder(async () => {
        if (fill > 0 || parts.length === 0) await flush()
        const sent = await Promise.all(parts)
        return { upload: (await beginning) as string, parts: sent }
      }),
    sums: () => ({ bytes, checksum }),
    abort: async () => {
      await tail.catch(() => {})
      tail = Promise.reject(new Error(`writing ${key} was given up`))
      tail.catch(() => {})
      // A part that arrives after the abort would stay: none is under way any more.
      await Promise.allSettled(parts)
      const UploadId = await beginning?.catch(() => undefined)
      beginning = undefined
      if (UploadId === undefined) return
      await client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => {})
    },
  }
}
