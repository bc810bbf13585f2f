/** How far a file was read: plain JSON, kept in checkpoints. */
export interface FileState {
  /** Below the root, `/`-separated. */
  readonly path: string
  /** As they were when it was looked at; other ones mean that it has to be looked at again. */
  readonly size: number
  readonly mtimeMs: number
  /** How many bytes of the file on disk `digest` is of: those that must still be the same to go on. */
  readonly raw: number
  readonly digest: string
  /** Up to where records were taken, in the decompressed content. */
  readonly at: number
  /** What the bytes from `at` on are read as; not known of documents before they are read. */
  readonly format?: 'lines' | 'csv'
  readonly shape?: string
  /** Inside a record over the limit, which begins at this offset. */
  readonly inside?: number
  /** How many elements were taken of the document that begins at `at`. */
  readonly elements?: number
  /** The whole file was handed over for Bronze. */
  readonly copied?: true
  /** Why it could not be read. */
  readonly problem?: string
}

/** A file that nothing was read of yet. */
export function newFile(path: string, size: number, mtimeMs: number): FileState {
  return { path, size, mtimeMs, raw: 0, digest: '', at: 0 }
}
