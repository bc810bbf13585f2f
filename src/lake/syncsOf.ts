import { realDisk } from '../../lake/diskIo.ts'

/** Lets the disk begin with a file while it still grows: whoever needs it there in the end waits for little. */
export function syncsOf(path: string) {
  let running: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  return {
    begin(): void {
      running ??= realDisk.syncFile(path).then(
        () => {
          running = undefined
        },
        (error: unknown) => {
          failure = { error }
        },
      )
    },
    /** Rejects where one failed: a system tells of that once, so that a later sync would not. */
    async end(): Promise<void> {
      await running
      if (failure !== undefined) throw failure.error
    },
  }
}
