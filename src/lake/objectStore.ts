/** An object in a listing. */
export interface ObjectInfo {
  readonly key: string
  readonly bytes: number
  readonly modifiedMs: number
  /** Changes with the content, where the store tells of that in a listing. The same content may have another. */
  readonly tag?: string | undefined
}

/** A file that was written and waits, invisible, to be published under `key`. Plain JSON. */
export interface StagedObject {
  readonly key: string
  readonly bytes: number
  /** CRC-32 of the content, unsigned. */
  readonly checksum: number
  /** On disk the staging key; on S3 the upload id and its parts. */
  readonly staged: string
}

/** What was seen at a key. */
export interface Seen {
  /** Changes with the content, and says nothing more: the same content may have another. */
  readonly tag: string
  /** The key that this is a copy of, where the store keeps that. */
  readonly copyOf?: string
}

/** A copy of a finished file, made before it is staged. Whoever has it stages that file with it or discards it. */
export interface CopyAhead {
  /** Of the file. */
  readonly bytes: number
  readonly checksum: number
  /** Where the copy waits. */
  readonly path: string
  discard(): Promise<void>
}

/** What a store may make use of when it stages a local file. */
export interface StageFile {
  /** The file is the store's from here on, which may move it: nobody else changes it. @defaultValue false */
  readonly isGiven?: boolean
  /** A copy of this file for `swap`. @defaultValue `swap` makes one */
  readonly copy?: CopyAhead | undefined
}

/** Streams bytes into one object; bounded memory. */
export interface ObjectWriter {
  /** Takes the bytes before it resolves: the caller may reuse the buffer. */
  write(bytes: Uint8Array): Promise<void>
  /** Durable from here on. */
  close(): Promise<{ readonly bytes: number; readonly checksum: number }>
  /** Gives up; what was written is removed as far as possible. */
  abort(): Promise<void>
}

/** Like `ObjectWriter`, but the object appears under its key only when it is published. */
export interface StagedWriter {
  write(bytes: Uint8Array): Promise<void>
  /** Resolves with what `publish` needs. The name under which it waits is fixed from the start. */
  close(): Promise<StagedObject>
  abort(): Promise<void>
}

/**
 * Where a lake lives: a folder or an S3 bucket with a prefix. Keys are relative, `/`-separated, without
 * `.` or `..` segments (ConfigError SBX_LAKE_KEY). Nothing but `replace` and `swap` ever overwrites.
 */
export interface ObjectStore {
  /** For people and logs: the folder or `s3://bucket/prefix`. */
  readonly url: string
  /** Writes durably unless the key exists already. Rejects with a retryable SinkError where the outcome is unknown. */
  create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'>
  /** Writes durably over whatever is there, in one step. */
  replace(key: string, bytes: Uint8Array): Promise<void>
  /** Undefined where there is no such object. */
  read(key: string): Promise<Uint8Array | undefined>
  /** Writes an object to a new local file, in bounded memory. False where there is no such object. */
  fetch(key: string, path: string): Promise<boolean>
  /** What is at `key` now, for `swap`. */
  look(key: string): Promise<Seen | undefined>
  /**
   * Puts a copy of an object in the place of another, in one step: readers see the old one or the new one.
   * `changed` where something else is at `to` than `look` saw there; a folder can't tell and swaps.
   * `missing` where there is nothing to copy.
   */
  swap(from: string, to: string, seen: Seen | undefined): Promise<'swapped' | 'changed' | 'missing'>
  /** Whether there is such an object, without reading it. */
  has(key: string): Promise<boolean>
  /** Every object below `prefix` (which ends in `/` or is empty), in key order, staged ones left out. */
  list(prefix: string): AsyncIterable<ObjectInfo>
  /** An absent key is fine. */
  remove(key: string): Promise<void>
  /** Writes straight to the final key, for objects that nobody lists (Delta data files). */
  openWriter(key: string): ObjectWriter
  /**
   * Writes to where no listing shows it, under `_staging/<task>/` on disk.
   *
   * @param lasting it can't be made again: it must not expire, whatever that costs. @defaultValue false
   */
  stage(task: string, key: string, lasting?: boolean): StagedWriter
  /**
   * Stages a whole local file, cloned or copied by the kernel where the store can. The caller compares
   * the length with what it expects.
   */
  stageFile(task: string, key: string, path: string, how?: StageFile): Promise<StagedObject>
  /**
   * Copies a finished local file that will be put in place, while others still read it: what is left of `stageFile` and
   * `swap` takes little time then. Absent where nothing is gained by it.
   */
  copyAhead?(path: string): Promise<CopyAhead>
  /** Idempotent: `already` if the key holds the same length and checksum. `missing`: neither staged nor there.
   * Rejects with CheckpointError SBX_PUBLISH_CONFLICT where the key holds anything else. */
  publish(object: StagedObject): Promise<'published' | 'already' | 'missing'>
  discard(object: StagedObject): Promise<void>
  /**
   * What waits staged for this task, for cleaning. S3 does not know whose an upload is: there it is all
   * that waits in the lake, and the caller goes by the file names. Lengths and checksums are not looked
   * up (0).
   */
  listStaged(task: string): AsyncIterable<StagedObject>
  /** The local path of a key where there is one, for tools that read files. */
  localPath(key: string): string | undefined
}
