/** What the name of a raw file says. */
export interface RawName {
  readonly task: string
  readonly epoch: number
  readonly attempt: string
}

// Read from the right: a task's name may hold dashes itself.
const NAME = /^(.+)-(\d+)-(\d+-[^-/]+)-(?:w\d+_)?\d+\.[^/]+$/

/**
 * `<path>/ingest_date=YYYY-MM-DD/hour=HH/<task>-<epoch>-<attempt>-<n>.<extension>`, the hour in UTC.
 *
 * @param n - numbers the files of one writer; unique among all that write for the task
 */
export function rawKey(
  path: string,
  beganAtMs: number,
  { task, epoch, attempt }: RawName,
  n: string,
  extension: string,
): string {
  const began = new Date(beganAtMs).toISOString()
  const folder = `${path}/ingest_date=${began.slice(0, 10)}/hour=${began.slice(11, 13)}`
  return `${folder}/${encodeURIComponent(task)}-${epoch}-${attempt}-${n}.${extension}`
}

/** Whose file a key is; undefined for files that no raw sink wrote. */
export function parseRawKey(key: string): RawName | undefined {
  const [, task, epoch, attempt] = NAME.exec(key.slice(key.lastIndexOf('/') + 1)) ?? []
  if (task === undefined || epoch === undefined || attempt === undefined) return undefined
  return { task: decodeURIComponent(task), epoch: Number(epoch), attempt }
}
