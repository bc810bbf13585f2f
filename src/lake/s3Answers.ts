import { setTimeout as delay } from 'node:timers/promises'

import { s3Code, s3Status } from './s3Error.ts'

const CONFLICT_TRIES = 6
const FIRST_WAIT_MS = 50
const ABSENT = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload'])

/**
 * Sends a conditional write. False where its condition does not hold (412), or the upload or the object
 * that it names is gone (404); 409, another write under way, is tried again with longer and longer pauses.
 */
export async function unlessTaken(send: () => Promise<unknown>): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      await send()
      return true
    } catch (error) {
      const status = s3Status(error)
      if (status === 412 || ABSENT.has(s3Code(error))) return false
      if (status !== 409 || tries === CONFLICT_TRIES) throw error
      await delay(FIRST_WAIT_MS * 2 ** tries * (0.5 + Math.random() / 2))
    }
  }
}

/** Undefined in the place of an answer that says that there is no such object or upload. */
export function ifAbsent(error: unknown): undefined {
  if (!ABSENT.has(s3Code(error))) throw error
}
