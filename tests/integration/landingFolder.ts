import { appendFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporary } from '../contract/platform.ts'

/** A landing zone in a temporary folder, and a lake that is still to be made beside it. */
export interface LandingFolder {
  readonly path: string
  readonly lake: string
  /** The platform's arguments for this landing zone and lake. */
  args(...more: readonly string[]): string[]
  /** Puts a file there that is taken at once: it has not changed for an hour. */
  put(name: string, content: string | Uint8Array): void
  /** As if the file had last changed so long ago. */
  age(name: string, ageMs: number): void
  append(name: string, content: string | Uint8Array): void
  read(name: string): Buffer
}

const HOUR_MS = 3_600_000

export function landingFolder(name: string): LandingFolder {
  const folder = temporary(name)
  const path = join(folder, 'landing')
  const lake = join(folder, 'lake')
  mkdirSync(path)
  const landing: LandingFolder = {
    path,
    lake,
    args: (...more) => ['--landing', path, '--lake', lake, ...more],
    put(file, content) {
      mkdirSync(dirname(join(path, file)), { recursive: true })
      writeFileSync(join(path, file), content)
      landing.age(file, HOUR_MS)
    },
    age(file, ageMs) {
      const seconds = (Date.now() - ageMs) / 1000
      utimesSync(join(path, file), seconds, seconds)
    },
    append: (file, content) => appendFileSync(join(path, file), content),
    read: (file) => readFileSync(join(path, file)),
  }
  return landing
}
