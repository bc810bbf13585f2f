/** Bytes that were read and that nobody is done with yet, of all tasks of a process. */
export interface UnderWay {
  /** One more task reads. */
  open(): TaskBytes
}

/** Those of one task. */
export interface TaskBytes {
  /** Resolves when there is room for more, or nothing of this task is under way. */
  room(signal: AbortSignal): Promise<void>
  take(bytes: number): void
  give(bytes: number): void
  /** Nothing of it is under way any more. */
  close(): void
}

/**
 * Lets tasks read while less than so many bytes are under way, and each of them always one batch: so none
 * waits for another forever.
 */
export function underWay(limitBytes: number): UnderWay {
  let total = 0
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const resolve of [...waiting]) resolve()
  }
  return {
    open() {
      let own = 0
      const give = (bytes: number): void => {
        own -= bytes
        total -= bytes
        wake()
      }
      return {
        async room(signal) {
          while (own > 0 && total >= limitBytes && !signal.aborted) {
            await new Promise<void>((resolve) => {
              const once = (): void => {
                waiting.delete(once)
                signal.removeEventListener('abort', once)
                resolve()
              }
              waiting.add(once)
              signal.addEventListener('abort', once, { once: true })
            })
          }
        },
        take(bytes) {
          own += bytes
          total += bytes
        },
        give,
        close: () => give(own),
      }
    },
  }
}
