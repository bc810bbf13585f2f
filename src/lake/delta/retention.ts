import type { Metadata } from './actions.ts'

const DAY_MS = 86_400_000
const UNIT_MS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
}

/** The settings that say so for a table. */
export const FILE_RETENTION = 'delta.deletedFileRetentionDuration'
export const LOG_RETENTION = 'delta.logRetentionDuration'
/** How long removed files are kept for readers of older versions, where the table does not say. */
export const FILE_RETENTION_MS = 7 * DAY_MS
/** How long entries of the log are kept. */
export const LOG_RETENTION_MS = 30 * DAY_MS

/**
 * A duration among a table's settings, which is written like `interval 1 week`.
 *
 * @param preset where the table says nothing that makes sense, ms
 */
export function configuredMs(metadata: Metadata | undefined, name: string, preset: number): number {
  const text = metadata?.configuration?.[name] ?? ''
  const [, count, unit = ''] = /^(?:interval\s+)?(\d+)\s+([a-z]+?)s?$/i.exec(text.trim()) ?? []
  const unitMs = UNIT_MS[unit.toLowerCase()]
  return count === undefined || unitMs === undefined ? preset : Number(count) * unitMs
}
