import { randomUUID } from 'node:crypto'

import {
  CreateBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { isInstalled } from '../../scripts/services/install.ts'
import { startS3 } from '../../scripts/services/startS3.ts'
import type { S3Server } from '../../scripts/services/startS3.ts'
import { parseDataFileName } from '../../src/lake/dataFileName.ts'
import { discardStaged } from '../../src/lake/discardStaged.ts'
import type { ObjectStore, StagedObject } from '../../src/lake/objectStore.ts'
import { probe } from '../../src/lake/probe.ts'
import { s3Client } from '../../src/lake/s3Client.ts'
import { s3Store } from '../../src/lake/s3Store.ts'
import { objectStoreContract } from '../lake/objectStore.contract.ts'

interface Request {
  readonly method: string
  readonly headers: Record<string, string>
  readonly query: Readonly<Record<string, unknown>>
}
type Next = (args: { readonly request: unknown }) => Promise<unknown>
type Spoiler = (request: Request, send: () => Promise<unknown>) => Promise<unknown>

const MIB = 1 << 20
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

describe.each(['versitygw', 'minio'] as const)('%s', (name) => {
  if (!isInstalled(name)) {
    test.skip(`is not installed: run node scripts/services/install.ts ${name}`, () => {})
    return
  }
  const before = { ...process.env }
  const bucket = `lake-${randomUUID()}`
  let server: S3Server
  let client: S3Client
  beforeAll(async () => {
    server = await startS3({ server: name })
    Object.assign(process.env, server.env)
    client = s3Client()
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
  }, 60_000)
  afterAll(async () => {
    process.env = before
    await server.stop()
  })
  const store = (prefix: string): ObjectStore => s3Store({ bucket, prefix, client })

  objectStoreContract('s3Store', {
    open: async () => store('deep/lake'),
    knowsTasks: false,
    streamed: { bytes: 128 * MIB, maxHeldBytes: 96 * MIB },
  })
  objectStoreContract('s3Store without a prefix', {
    open: async () => store(''),
    knowsTasks: false,
  })

  const stageLarge = async (lake: ObjectStore, key: string): Promise<StagedObject> => {
    const writer = lake.stage('task', key)
    for (let n = 0; n < 20; n++) await writer.write(new Uint8Array(MIB).fill(n))
    return writer.close()
  }
  const uploadsOf = async (key: string): Promise<number> => {
    const request = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key })
    return (await client.send(request)).Uploads?.length ?? 0
  }

  const partsOf = async (key: string): Promise<number> => {
    const request = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key })
    const [upload] = (await client.send(request)).Uploads ?? []
    if (upload === undefined) return 0
    const of = { Bucket: bucket, Key: upload.Key, UploadId: upload.UploadId }
    return (await client.send(new ListPartsCommand(of))).Parts?.length ?? 0
  }

  test('publishes objects of many parts, and finds them again by their checksum', async () => {
    const lake = store(`parts-${randomUUID()}`)
    const object = await stageLarge(lake, 'a/large')
    const twin = await stageLarge(lake, 'a/large')
    expect(await lake.publish(object)).toBe('published')
    expect(await lake.publish(object)).toBe('already')
    expect(await lake.publish(twin)).toBe('already')
    expect(await lake.read('a/large')).toHaveLength(20 * MIB)
  })

  test('keeps the CRC-32 of the whole object, so that nothing is read to compare it', async () => {
    const prefix = `checksum-${randomUUID()}`
    await store(prefix).publish(await stageLarge(store(prefix), 'large'))
    const request = { Bucket: bucket, Key: `${prefix}/large`, ChecksumMode: 'ENABLED' as const }
    const head = await client.send(new HeadObjectCommand(request))
    expect(head).toMatchObject({ ChecksumType: 'FULL_OBJECT' })
    expect(head.ChecksumCRC32).toMatch(/^[\w+/]{6}==$/)
  })

  test('says missing where the server has let an upload expire', async () => {
    const lake = store(`expired-${randomUUID()}`)
    const object = await stageLarge(lake, 'large')
    await lake.discard(object)
    expect(await lake.publish(object)).toBe('missing')
  })

  test('leaves no upload behind where it gives up', async () => {
    const prefix = `aborted-${randomUUID()}`
    const lake = store(prefix)
    const writer = lake.openWriter('large')
    for (let n = 0; n < 20; n++) await writer.write(new Uint8Array(MIB))
    await writer.abort()
    expect(await uploadsOf(`${prefix}/large`)).toBe(0)
    await expect(writer.close()).rejects.toThrow(/given up/)
  })

  test('what a killed process left of a large file is ended by its name, and beside what is there', async () => {
    const prefix = `left-${randomUUID()}`
    const lake = store(prefix)
    const names = ['dead', 'alive', 'there'].map(
      (attempt) => `t/part-in-3-2-${attempt}-0-0.parquet`,
    )
    for (const key of names) await lake.openWriter(key).write(new Uint8Array(20 * MIB))
    await lake.create(names[2]!, encode('there'))
    // A dead process sends no more: parts that come behind the end of an upload would begin it again.
    await expect
      .poll(async () => (await Promise.all(names.map((key) => partsOf(`${prefix}/${key}`)))).join())
      .toBe('2,2,2')
    const isDead = (epoch: number, attempt: string): boolean => epoch === 3 && attempt === '2-dead'
    expect(await discardStaged(lake, 'other', parseDataFileName, isDead)).toBe(0)
    expect(await discardStaged(lake, 'in', parseDataFileName, isDead)).toBe(2)
    const left = await Promise.all(names.map((key) => uploadsOf(`${prefix}/${key}`)))
    expect(left).toEqual([0, 1, 0])
  })

  test.each([1, 20])('refuses to write over an object of %i MiB', async (mib) => {
    const prefix = `exists-${randomUUID()}`
    const lake = store(prefix)
    await lake.create('key', encode('first'))
    const writer = lake.openWriter('key')
    for (let n = 0; n < mib; n++) await writer.write(new Uint8Array(MIB))
    await expect(writer.close()).rejects.toMatchObject({ code: 'SBX_LAKE_EXISTS' })
    expect(await uploadsOf(`${prefix}/key`)).toBe(0)
    expect(await lake.read('key')).toEqual(encode('first'))
  })

  test('refuses a staged name that is no upload', async () => {
    const object = { key: 'a', bytes: 1, checksum: 0, staged: '_staging/task/a' }
    await expect(store('x').publish(object)).rejects.toMatchObject({ code: 'SBX_STAGED_NAME' })
  })

  test('lists hundreds of objects over several pages', { timeout: 60_000 }, async () => {
    const lake = store(`pages-${randomUUID()}`)
    const keys = Array.from({ length: 1100 }, (_, n) => `k/${String(n).padStart(5, '0')}`)
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => lake.create(key, encode(key))))
    }
    const found: string[] = []
    for await (const { key } of lake.list('k/')) found.push(key)
    expect(found).toEqual(keys)
  })

  describe('errors', () => {
    const failing = (change: ConstructorParameters<typeof S3Client>[0], to = bucket): ObjectStore =>
      s3Store({
        bucket: to,
        client: new S3Client({
          endpoint: server.endpoint,
          region: 'us-east-1',
          forcePathStyle: true,
          maxAttempts: 1,
          ...change,
        }),
      })

    test('a wrong secret is named without being shown', async () => {
      const secretAccessKey = 'wrong-and-not-to-be-shown'
      const lake = failing({ credentials: { accessKeyId: 'sluicebox', secretAccessKey } })
      const error = await lake.create('a', encode('x')).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      )
      expect(error).toMatchObject({ name: 'SinkError', code: 'SBX_LAKE_DENIED' })
      expect(error?.message).toMatch(/AWS_SECRET_ACCESS_KEY/)
      const shown = JSON.stringify([error, error?.stack, error?.cause, String(error?.cause)])
      expect(shown).not.toContain(secretAccessKey)
      expect(shown).not.toContain('Signature=')
    })

    test('a bucket that is not there is named', async () => {
      await expect(failing({}, 'no-such-bucket').create('a', encode('x'))).rejects.toMatchObject({
        code: 'SBX_LAKE_NO_BUCKET',
      })
    })

    test('a server that does not answer leaves the outcome unknown', async () => {
      const lake = failing({ endpoint: 'http://127.0.0.1:9' })
      await expect(lake.create('a', encode('x'))).rejects.toMatchObject({
        name: 'SinkError',
        code: 'SBX_LAKE_UNREACHABLE',
        retryable: true,
      })
    })
  })

  /** A client that does something to requests: its answers are then a worse server's. */
  const spoiled = (step: 'build' | 'deserialize', change: Spoiler): ObjectStore => {
    const worse = s3Client()
    const middleware = (next: Next) => (args: { readonly request: unknown }) =>
      change(args.request as Request, () => next(args))
    if (step === 'build') worse.middlewareStack.add(middleware as never, { step, priority: 'low' })
    else worse.middlewareStack.add(middleware as never, { step, priority: 'high' })
    return s3Store({ bucket, prefix: `spoiled-${randomUUID()}`, client: worse })
  }
  const staged = async (lake: ObjectStore): Promise<StagedObject> => {
    const writer = lake.stage('task', 'key')
    await writer.write(encode('raw'))
    return writer.close()
  }
  const isCompletion = ({ method, query }: Request): boolean =>
    method === 'POST' && 'uploadId' in query

  test.each([
    ['all requests', () => true],
    ['uploads that are completed', isCompletion],
  ])('the probe refuses a server that ignores conditions on %s', async (_, isIgnored) => {
    const lake = spoiled('build', (request, send) => {
      if (isIgnored(request)) delete request.headers['if-none-match']
      return send()
    })
    const refusal = expect(probe(lake)).rejects
    await refusal.toMatchObject({ name: 'ConfigError', code: 'SBX_LAKE_UNSAFE' })
    await refusal.toThrow(/If-None-Match/)
  })

  describe('when the answer to a request is lost', () => {
    const forgetful = (isLost: (request: Request) => boolean): ObjectStore => {
      let lost = 0
      return spoiled('deserialize', async (request, send) => {
        const answer = await send()
        if (!isLost(request) || lost++ > 0) return answer
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
      })
    }

    test('a creation knows its own object again', async () => {
      const lake = forgetful(({ method }) => method === 'PUT')
      expect(await lake.create('key', encode('x'))).toBe('created')
      expect(await lake.create('key', encode('x'))).toBe('exists')
    })

    test('a publication is done', async () => {
      const lake = forgetful(isCompletion)
      expect(await lake.publish(await staged(lake))).not.toBe('missing')
      expect(await lake.read('key')).toEqual(encode('raw'))
    })

    test('a copy that was put in place is known again', async () => {
      const lake = forgetful(isCompletion)
      await lake.create('one', encode('one'))
      expect(await lake.swap('one', 'there', undefined)).toBe('swapped')
      expect(await lake.look('there')).toMatchObject({ copyOf: 'one' })
    })

    test.each([1, 20])('%i MiB are written once', async (mib) => {
      const lake = forgetful((request) =>
        mib === 1 ? request.method === 'PUT' : isCompletion(request),
      )
      const writer = lake.openWriter('key')
      for (let n = 0; n < mib; n++) await writer.write(new Uint8Array(MIB))
      expect((await writer.close()).bytes).toBe(mib * MIB)
      expect(await lake.read('key')).toHaveLength(mib * MIB)
    })
  })

  test.each([1, 3])('tries again after %i conflicts', async (conflicts) => {
    let seen = 0
    const lake = spoiled('deserialize', (request, send) => {
      const isConditional = 'if-none-match' in request.headers
      if (!isConditional || seen++ % (conflicts + 1) >= conflicts) return send()
      throw Object.assign(new Error('ConditionalRequestConflict'), {
        $metadata: { httpStatusCode: 409 },
      })
    })
    expect(await lake.create('other', encode('x'))).toBe('created')
    expect(await lake.publish(await staged(lake))).toBe('published')
    expect(seen).toBe(2 * (conflicts + 1))
  })

  test('gives up after some conflicts: unknown where it creates, missing where it publishes', async () => {
    const lake = spoiled('deserialize', (request, send) => {
      if (!('if-none-match' in request.headers)) return send()
      throw Object.assign(new Error('ConditionalRequestConflict'), {
        $metadata: { httpStatusCode: 409 },
      })
    })
    await expect(lake.create('other', encode('x'))).rejects.toMatchObject({ retryable: true })
    expect(await lake.publish(await staged(lake))).toBe('missing')
  })

  test('keeps what it promised when the server is killed', { timeout: 60_000 }, async () => {
    const lake = store(`killed-${randomUUID()}`)
    await lake.create('created', encode('kept'))
    const object = await stageLarge(lake, 'staged')
    await server.kill9()
    await server.restart()
    expect(Buffer.from((await lake.read('created')) ?? []).toString()).toBe('kept')
    expect(await lake.publish(object)).toBe('published')
  })
})
