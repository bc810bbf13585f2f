/** What dead attempts may have left, and which attempts are known to have committed which epochs. */
export interface Graveyard {
  /** Attempts with an `.open` and an older claim than this one's. */
  readonly dead: readonly string[]
  /** Attempt by epoch, as checkpoints and markers name it; it need not be complete. */
  readonly decided: Readonly<Record<number, string>>
}

/**
 * Whether a file may be deleted as a dead attempt's. An attempt commits its epochs one after the other
 * from its claim on, so once any of them names another, nothing of it at or past that one can be named.
 *
 * @param graveyard what the effect `clean` carries
 * @param epoch the epoch in the file's name
 * @param attempt the attempt in the file's name
 */
export function isDead(graveyard: Graveyard, epoch: number, attempt: string): boolean {
  const claimed = claimOf(attempt)
  return (
    graveyard.dead.includes(attempt) &&
    Object.entries(graveyard.decided).some(
      ([decided, by]) => claimed < Number(decided) && Number(decided) <= epoch && by !== attempt,
    )
  )
}

/** The claim epoch that an attempt's name begins with. */
export const claimOf = (attempt: string): number => Number(attempt.split('-', 1)[0])
