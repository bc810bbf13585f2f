/** What the name of a data file says. */
export interface DataFileName {
  readonly task: string
  readonly epoch: number
  /** `<claim epoch>-<random>`. */
  readonly attempt: string
}

// Read from the right: a task's name may hold dashes itself.
const NAME = /^part-(.+)-(\d+)-(\d+-[^-/]+)-\d+-\d+\.parquet$/

/**
 * `part-<task>-<epoch>-<attempt>-<writer>-<n>.parquet`: unique, and enough to tell whose a file is.
 *
 * @param writer which of the task's writers
 * @param n numbers the files of one writer
 */
export const dataFileName = (
  { task, epoch, attempt }: DataFileName,
  writer: number,
  n: number,
): string => `part-${encodeURIComponent(task)}-${epoch}-${attempt}-${writer}-${n}.parquet`

/** What the last segment of `key` says; undefined for files that were not named by `dataFileName`. */
export function parseDataFileName(key: string): DataFileName | undefined {
  const match = NAME.exec(key.slice(key.lastIndexOf('/') + 1))
  if (match === null) return undefined
  const [, task = '', epoch = '', attempt = ''] = match
  try {
    return { task: decodeURIComponent(task), epoch: Number(epoch), attempt }
  } catch {
    return undefined
  }
}
