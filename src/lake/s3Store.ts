import type { ObjectStore } from './objectStore.ts'

export interface S3StoreOptions {
  readonly bucket: string
  /** Without slashes at its ends; '' for the bucket itself. */
  readonly prefix: string
}

export function s3Store(_options: S3StoreOptions): ObjectStore {
  throw new Error('to be written')
}
