import { basename } from 'node:path'
import type { Measured } from './runApart.ts'

/** How often a side may fail before it is left out. */
const FAILURES = 2

export interface WatchedTurns<Answer> {
  /** The rounds of each side that ended well. */
  readonly runs: Record<string, readonly Measured<Answer>[]>
  /** Why others didn't, by side. */
  readonly failed: Record<string, string>
}

/**
 * Runs all sides once, then all of them again, and says so on stderr. A side that fails twice, or whose answer
 * differs from that of the first side, is left out from then on; the others lose nothing.
 *
 * @param differences - what is wrong with an answer
 */
export async function watchedTurns<Answer>(
  sides: readonly string[],
  rounds: number,
  run: (side: string) => Promise<Measured<Answer>>,
  differences: (wanted: Answer, got: Answer) => readonly string[],
): Promise<WatchedTurns<Answer>> {
  const runs: Record<string, Measured<Answer>[]> = {}
  const failed: Record<string, string> = {}
  const failures: Record<string, number> = {}
  let wanted: Answer | undefined
  for (let round = 1; round <= rounds; round++) {
    for (const side of sides) {
      if ((failures[side] ?? 0) >= FAILURES) continue
      try {
        const measured = await run(side)
        wanted ??= measured.answer
        const wrong = differences(wanted, measured.answer)
        if (wrong.length > 0) {
          failures[side] = FAILURES
          delete runs[side]
          throw new Error(`other rows: ${wrong.join(', ')}`)
        }
        ;(runs[side] ??= []).push(measured)
        say(round, rounds, side, `${measured.seconds.toFixed(2)} s`)
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        failures[side] = (failures[side] ?? 0) + 1
        failed[side] = shortened(text)
        say(round, rounds, side, `failed: ${text}`)
      }
    }
  }
  return { runs, failed }
}

const say = (round: number, rounds: number, side: string, what: string): void => {
  process.stderr.write(`${round}/${rounds} ${side.padEnd(16)} ${what}\n`)
}

const PATH = /(?:\/[\w.@-]+){2,}/g

/** Traces of other languages end with what happened. Of paths, which are this machine's, the last name is enough. */
function shortened(text: string): string {
  const lines = text
    .replaceAll(PATH, (path) => basename(path))
    .split('\n')
    .filter((line) => line.trim() !== '')
  return [...new Set([lines[0], lines.at(-1)])].join(' … ').slice(0, 300).replaceAll('|', '/')
}
