/** Numbers values, so that a world is made of integers: equal keys get the same number, from 1 on. */
export interface Interner<Value> {
  id(key: string, make: () => Value): number
  of(id: number): Value
}

export function interner<Value>(): Interner<Value> {
  const ids = new Map<string, number>()
  const values: Value[] = []
  return {
    id(key, make) {
      const known = ids.get(key)
      if (known !== undefined) return known
      values.push(make())
      ids.set(key, values.length)
      return values.length
    },
    of(id) {
      const value = values[id - 1]
      if (value === undefined) throw new RangeError(`nothing has the number ${id}`)
      return value
    },
  }
}
