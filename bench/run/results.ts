import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Size } from './part.ts'

/** What was measured of a part, with what is needed to judge it. */
export interface Kept {
  readonly machine: string
  readonly commit: string
  /** The day. */
  readonly measured: string
  readonly isQuick: boolean
  readonly minutes: number
  readonly size: Size
  readonly result: unknown
}

const fileOf = (folder: string, part: string): string => join(folder, `${part}.json`)

export function keepResult(folder: string, part: string, kept: Kept): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(fileOf(folder, part), `${JSON.stringify(kept, undefined, 2)}\n`)
}

/** What the last run that measured this part left; nothing where there was none. */
export function keptResult(folder: string, part: string): Kept | undefined {
  const file = fileOf(folder, part)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : undefined
}
