import { filePath, type AddFile } from './actions.ts'

export interface ChoiceOptions {
  /** Files of at least half of this size stay as they are; what is folded does not exceed it, bytes. */
  readonly targetBytes: number
  /** No fewer than so many files are folded at once. */
  readonly minFiles: number
  /** No more than so many. */
  readonly maxFiles: number
  /**
   * Only files of about one size: the largest is no larger than the others together. So, however often it is
   * asked, a row is rewritten a logarithmic number of times.
   */
  readonly tiered: boolean
}

/** Which files of one partition become one. */
export type Choice = readonly AddFile[]

/**
 * Small files that are worth folding into one: those of the partition with the most of them.
 *
 * @param files of the table
 * @param isSpared files that stay as they are
 * @returns undefined where there is nothing worth it
 */
export function chooseFiles(
  files: Iterable<AddFile>,
  isSpared: (path: string) => boolean,
  { targetBytes, minFiles, maxFiles, tiered }: ChoiceOptions,
): Choice | undefined {
  const partitions = new Map<string, AddFile[]>()
  for (const file of files) {
    if (file.size > targetBytes / 2 || isSpared(filePath(file.path))) continue
    const key = JSON.stringify(Object.entries(file.partitionValues).toSorted())
    const others = partitions.get(key)
    if (others === undefined) partitions.set(key, [file])
    else others.push(file)
  }
  let best: Choice | undefined
  for (const small of partitions.values()) {
    const choice = smallest(small, targetBytes, maxFiles)
    const chosen = tiered ? ofOneSize(choice) : choice
    if (chosen.length >= minFiles && chosen.length > (best?.length ?? 1)) best = chosen
  }
  return best
}

/** The smallest first, as many as fit. */
function smallest(files: readonly AddFile[], targetBytes: number, maxFiles: number): Choice {
  const chosen: AddFile[] = []
  let bytes = 0
  for (const file of files.toSorted((a, b) => a.size - b.size || (a.path < b.path ? -1 : 1))) {
    if (chosen.length === maxFiles || bytes + file.size > targetBytes) break
    bytes += file.size
    chosen.push(file)
  }
  return chosen
}

function ofOneSize(ascending: Choice): Choice {
  const chosen = [...ascending]
  let others = chosen.reduce((bytes, { size }) => bytes + size, 0)
  for (let last = chosen.at(-1); last !== undefined; last = chosen.at(-1)) {
    others -= last.size
    if (last.size <= others) break
    chosen.pop()
  }
  return chosen
}
