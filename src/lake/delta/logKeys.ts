/** What stands in the log's folder. */
export type LogFile =
  | { readonly kind: 'entry'; readonly version: number }
  /** Part `part` of `parts`. */
  | {
      readonly kind: 'checkpoint'
      readonly version: number
      readonly part: number
      readonly parts: number
    }

const ENTRY = /^(\d{20})\.json$/
const CHECKPOINT = /^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet$/

const padded = (version: number): string => String(version).padStart(20, '0')

/** The folder of a table's log. */
export const logFolder = (path: string): string => `${path}/_delta_log/`
export const entryKey = (path: string, version: number): string =>
  `${logFolder(path)}${padded(version)}.json`
export const checkpointKey = (path: string, version: number): string =>
  `${logFolder(path)}${padded(version)}.checkpoint.parquet`
export const lastCheckpointKey = (path: string): string => `${logFolder(path)}_last_checkpoint`

/** What a key in the log's folder is; undefined for anything else. */
export function parseLogKey(key: string): LogFile | undefined {
  const name = key.slice(key.lastIndexOf('/') + 1)
  const entry = ENTRY.exec(name)
  if (entry !== null) return { kind: 'entry', version: Number(entry[1]) }
  const checkpoint = CHECKPOINT.exec(name)
  if (checkpoint === null) return undefined
  const [, version, part = '1', parts = '1'] = checkpoint
  return {
    kind: 'checkpoint',
    version: Number(version),
    part: Number(part),
    parts: Number(parts),
  }
}
