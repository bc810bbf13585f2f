/** Lets the disk begin with a file while it still grows: whoever needs it there in the end waits for little. */
export function syncsOf(sync: () => Promise<void>) {
  let running: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  return {
    /** False while one is under way, or where one has failed. */
    begin(): boolean {
      if (running !== undefined) return false
      running = sync().then(
        () => {
          running = undefined
        },
        (error: unknown) => {
          failure = { error }
        },
      )
      return true
    },
    /** Rejects where one failed: a system tells of that once, so that a later sync would not. */
    async end(): Promise<void> {
      await running
      if (failure !== undefined) throw failure.error
    },
  }
}
