import { setTimeout as pause } from 'node:timers/promises'
import { isWhole } from './postsByDay.ts'
import type { Look } from './postsByDay.ts'
import { deltaReader, freshReader, patientReader } from './readers.ts'
import type { Reader } from './readers.ts'

/** What a reader has seen. */
export interface Seen {
  looks: number
  readonly generations: Set<number>
  /** Errors, mixed content and steps back. */
  readonly findings: string[]
  last: number
}

export interface Watch {
  readonly seen: Readonly<Record<string, Seen>>
  /** Each reader has begun a look since, and has finished it. */
  looked(): Promise<void>
  end(): Promise<void>
}

/** Whoever keeps a file open does so until so many generations have come after it. */
const PATIENCE = 6
const BETWEEN_LOOKS_MS = 100

/** Readers that look at Gold all the time: the file, the file that they hold since long, and the Delta tables. */
export async function watchGold(lake: string): Promise<Watch> {
  const seen: Record<string, Seen> = {}
  const fresh = freshReader(lake)
  let held = await patientReader(lake)
  let first: Look | undefined
  /** The old file has what it had when it was opened, until others are far ahead. */
  const patient: Reader = {
    name: held.name,
    look: async () => {
      const look = await held.look()
      first ??= look
      if (look.generation !== first.generation) throw new Error('a file that is open has changed')
      if ((seen[fresh.name]?.last ?? 0) < first.generation + PATIENCE) return look
      held.close()
      first = undefined
      held = await patientReader(lake)
      return look
    },
    close: () => held.close(),
  }
  const readers = [fresh, patient, await deltaReader(lake)]
  for (const { name } of readers) {
    seen[name] = { looks: 0, generations: new Set(), findings: [], last: 0 }
  }

  let over = false
  let waiting: (() => void)[] = []
  const polling = readers.map(async (reader) => {
    const mine = seen[reader.name]!
    while (!over) {
      try {
        const look = await reader.look()
        const { generation } = look
        if (!isWhole(look)) mine.findings.push(`mixed: ${JSON.stringify(look)}`)
        if (generation < mine.last) mine.findings.push(`${generation} after ${mine.last}`)
        mine.last = generation
        mine.generations.add(generation)
      } catch (error) {
        mine.findings.push(String(error))
      }
      mine.looks++
      for (const wake of waiting.splice(0)) wake()
      // Readers leave the processor to who writes.
      await pause(BETWEEN_LOOKS_MS)
    }
    reader.close()
  })

  return {
    seen,
    looked: async () => {
      // The look that is under way may have begun before.
      const wanted = readers.map(({ name }) => [seen[name]!, seen[name]!.looks + 2] as const)
      while (wanted.some(([one, looks]) => one.looks < looks)) {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
    end: async () => {
      over = true
      await Promise.all(polling)
      waiting = []
    },
  }
}
