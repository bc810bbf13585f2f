/** A kind of file that a reader knows, recognised by its columns or keys. */
export interface Shape<Name extends string = string> {
  /** What the envelope of its records carries. */
  readonly name: Name
  readonly format: 'ndjson' | 'csv' | 'json'
  /**
   * Whether a file is of this shape: by the columns of a CSV, the keys of an NDJSON object, or those of
   * the first element of a JSON document. `file` is the path below the root.
   */
  matches(keys: readonly string[], file: string): boolean
  /**
   * JSON documents only: where the records are, as keys from the top. `[]` is the top-level array, or
   * the object itself; `['data', 'children']` the array found there.
   *
   * @defaultValue []
   */
  readonly elements?: readonly string[]
}
