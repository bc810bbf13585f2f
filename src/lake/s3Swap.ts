import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import type { S3Client } from '@aws-sdk/client-s3'

import type { Seen } from './objectStore.ts'
import { ifAbsent, unlessTaken } from './s3Answers.ts'

const COPY_OF = 'sluicebox-copy-of'
const PART_BYTES = 1 << 30

/** The one object of a lake that is replaced under the eyes of readers: by copies that the server makes. */
export interface S3Swap {
  look(key: string): Promise<Seen | undefined>
  swap(from: string, to: string, seen: Seen | undefined): Promise<'swapped' | 'changed' | 'missing'>
}

export function s3Swap(client: S3Client, bucket: string, base: string): S3Swap {
  const target = (key: string) => ({ Bucket: bucket, Key: base + key })

  const look: S3Swap['look'] = async (key) => {
    const head = await client.send(new HeadObjectCommand(target(key))).catch(ifAbsent)
    if (head?.ETag === undefined) return undefined
    const copyOf = head.Metadata?.[COPY_OF]
    return { tag: head.ETag, ...(copyOf !== undefined && { copyOf: decodeURIComponent(copyOf) }) }
  }

  /** Nothing passes through this process. Undefined where there is nothing to copy. */
  const copyParts = async (from: string, to: string, bytes: number, UploadId: string) => {
    const CopySource = `${bucket}/${base + from}`.split('/').map(encodeURIComponent).join('/')
    const parts: { PartNumber: number; ETag: string | undefined }[] = []
    for (let at = 0; at < bytes; at += PART_BYTES) {
      const PartNumber = parts.length + 1
      const range = `bytes=${at}-${Math.min(bytes, at + PART_BYTES) - 1}`
      const CopySourceRange = bytes > PART_BYTES ? range : undefined
      const copy = { ...target(to), UploadId, PartNumber, CopySource, CopySourceRange }
      const answer = await client.send(new UploadPartCopyCommand(copy)).catch(ifAbsent)
      if (answer === undefined) return undefined
      parts.push({ PartNumber, ETag: answer.CopyPartResult?.ETag })
    }
    return parts
  }

  return {
    look,

    swap: async (from, to, seen) => {
      const condition = seen === undefined ? { IfNoneMatch: '*' } : { IfMatch: seen.tag }
      const Metadata = { [COPY_OF]: encodeURIComponent(from) }
      // The answer to one that succeeded may have been lost, and its repetition refused.
      const outcome = async (isDone: boolean) =>
        isDone || (await look(to))?.copyOf === from ? 'swapped' : 'changed'

      const head = await client.send(new HeadObjectCommand(target(from))).catch(ifAbsent)
      if (head === undefined) return 'missing'
      const bytes = head.ContentLength ?? 0
      if (bytes === 0) {
        const put = new PutObjectCommand({ ...target(to), Body: '', Metadata, ...condition })
        return outcome(await unlessTaken(() => client.send(put)))
      }
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({ ...target(to), Metadata }),
      )
      const upload = { ...target(to), UploadId }
      let isDone = false
      try {
        const Parts = await copyParts(from, to, bytes, UploadId as string)
        // Also where somebody has ended this upload: he put a newer one in place.
        if (Parts === undefined) return (await look(from)) === undefined ? 'missing' : 'changed'
        const complete = { ...upload, ...condition, MultipartUpload: { Parts } }
        isDone = await unlessTaken(() => client.send(new CompleteMultipartUploadCommand(complete)))
        return await outcome(isDone)
      } finally {
        if (!isDone) await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {})
      }
    },
  }
}
