import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ConfigError } from '../core/errors.ts'
import type { ObjectStore } from './objectStore.ts'

/** How many stores stay open for those who ask again. */
const REMEMBERED = 64
const stores = new Map<string, Promise<ObjectStore>>()

/**
 * The lake at `url`: a folder (path or `file://` URL), `s3://bucket/prefix` or, for tests,
 * `memory:<id>`. One store an address and thread: who opens the same lake again gets the same one.
 * Nothing is written yet; `probe` tries out whether the lake may be written.
 *
 * S3 is set up by the usual variables (`AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, …).
 *
 * @throws ConfigError `SBX_LAKE_URL`, `SBX_MISSING_PEER` (`@aws-sdk/client-s3` is not installed)
 * @example
 * ```ts
 * const lake = await openLake('s3://company/lake')
 * for await (const { key, bytes } of lake.list('silver/')) console.log(key, bytes)
 * ```
 */
export function openLake(url: string): Promise<ObjectStore> {
  const address = addressOf(url)
  const known = stores.get(address)
  if (known !== undefined) return known
  const store = open(address)
  store.catch(() => stores.delete(address))
  if (stores.size >= REMEMBERED) forgetOldest()
  stores.set(address, store)
  return store
}

/** Lets `openLake(url)` answer with this store until it is closed: for tests with a failing disk. */
export function presetLake(url: string, store: ObjectStore): void {
  stores.set(addressOf(url), Promise.resolve(store))
}

/** Forgets the store at `url`: the next `openLake` opens it anew. What a `memory:` lake held is gone. */
export function closeLake(url: string): void {
  stores.delete(addressOf(url))
}

function addressOf(url: string): string {
  if (url === '') throw unknown(url, 'it is empty')
  if (/^(s3|memory):/.test(url)) return url.replace(/\/+$/, '')
  if (url.startsWith('file:')) return resolve(fileURLToPath(url))
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(url)) throw unknown(url, 'no store of that kind is known')
  return resolve(url)
}

async function open(address: string): Promise<ObjectStore> {
  if (address.startsWith('memory:')) {
    const { memoryStore } = await import('./memoryStore.ts')
    return memoryStore(address.slice('memory:'.length))
  }
  if (!address.startsWith('s3:')) {
    const { localStore } = await import('./localStore.ts')
    return localStore(address)
  }
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.+))?$/.exec(address) ?? []
  if (bucket === undefined) throw unknown(address, 'an S3 lake is s3://bucket/prefix')
  // Not shown: what people put there are keys and secrets.
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/i.test(bucket)) {
    throw unknown(
      's3://…',
      'the part behind s3:// is no name of a bucket; credentials come from AWS_* variables',
    )
  }
  const { s3Store } = await import('./s3Store.ts').catch((cause: unknown) => {
    throw missingPeer(cause)
  })
  return s3Store({ bucket, prefix })
}

/** Memory lakes are never forgotten on their own: their content would be lost. */
function forgetOldest(): void {
  for (const address of stores.keys()) {
    if (address.startsWith('memory:')) continue
    stores.delete(address)
    return
  }
}

function missingPeer(cause: unknown): unknown {
  const isMissing =
    cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
  if (!isMissing) return cause
  return new ConfigError(
    'a lake on S3 needs the package @aws-sdk/client-s3: run `npm install @aws-sdk/client-s3`',
    { code: 'SBX_MISSING_PEER', cause },
  )
}

function unknown(url: string, why: string): ConfigError {
  return new ConfigError(
    `${JSON.stringify(url)} is no lake: ${why}. Give a folder, s3://bucket/prefix or memory:<id>`,
    { code: 'SBX_LAKE_URL' },
  )
}
