import type { Measured } from './runApart.ts'

export interface WatchedTurns<Answer> {
  /** Of the sides that ran to their end, each with as many rounds as there were. */
  readonly runs: Record<string, readonly Measured<Answer>[]>
  /** Why the others didn't. */
  readonly failed: Record<string, string>
}

/**
 * Runs all sides once, then all of them again, and says so on stderr. A side that fails, or whose answer differs from
 * that of the first side, is left out from then on; the others lose nothing.
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
  let wanted: Answer | undefined
  for (let round = 1; round <= rounds; round++) {
    for (const side of sides) {
      if (Object.hasOwn(failed, side)) continue
      try {
        const measured = await run(side)
        wanted ??= measured.answer
        const wrong = differences(wanted, measured.answer)
        if (wrong.length > 0) throw new Error(`other rows: ${wrong.join(', ')}`)
        ;(runs[side] ??= []).push(measured)
        say(round, rounds, side, `${measured.seconds.toFixed(2)} s`)
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        failed[side] = shortened(text)
        delete runs[side]
        say(round, rounds, side, `failed: ${text}`)
      }
    }
  }
  return { runs, failed }
}

const say = (round: number, rounds: number, side: string, what: string): void => {
  process.stderr.write(`${round}/${rounds} ${side.padEnd(16)} ${what}\n`)
}

/** Traces of other languages end with what happened. */
function shortened(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return [...new Set([lines[0], lines.at(-1)])].join(' … ').slice(0, 300).replaceAll('|', '/')
}
