/** A place for one value: who gives waits until it is taken. After a failure nothing is. */
export function oneByOne<T>() {
  let offered: { readonly value: T; taken(): void } | undefined
  let wanted: { resolve(value: T | undefined): void; reject(error: Error): void } | undefined
  let over: { readonly error?: Error } | undefined
  return {
    give: (value: T): Promise<void> =>
      new Promise((taken) => {
        if (over !== undefined) return
        if (wanted === undefined) offered = { value, taken }
        else {
          wanted.resolve(value)
          wanted = undefined
          taken()
        }
      }),
    take: (): Promise<T | undefined> =>
      new Promise((resolve, reject) => {
        if (offered !== undefined) {
          const { value, taken } = offered
          offered = undefined
          resolve(value)
          taken()
        } else if (over === undefined) wanted = { resolve, reject }
        else if (over.error === undefined) resolve(undefined)
        else reject(over.error)
      }),
    end: (): void => {
      over = {}
      wanted?.resolve(undefined)
    },
    fail: (error: Error): void => {
      over = { error }
      offered = undefined
      wanted?.reject(error)
    },
  }
}
