/** Holds the newest value until it is taken: older ones that nobody took mean nothing any more. */
export function newest<T>() {
  let value: T | undefined
  let over: { readonly error?: Error } | undefined
  let waiting: (() => void)[] = []
  const wake = (): void => {
    for (const go of waiting.splice(0)) go()
  }
  return {
    put(next: T): void {
      value = next
      wake()
    },
    fail(error: Error): void {
      over ??= { error }
      wake()
    },
    end(): void {
      over ??= {}
      wake()
    },
    async next(): Promise<T | undefined> {
      for (;;) {
        if (over?.error !== undefined) throw over.error
        if (over !== undefined) return undefined
        const taken = value
        value = undefined
        if (taken !== undefined) return taken
        await new Promise<void>((resolve) => {
          waiting = [...waiting, resolve]
        })
      }
    },
  }
}
