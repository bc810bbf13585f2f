import { allOf } from './allOf.ts'

/**
 * Does the work for each item, at most so many at a time; the answers come in the order of the items. Where one fails no
 * other begins, and those that have begun are waited for.
 */
export async function atATime<Item, Answer>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const go = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      try {
        answers[index] = await work(items[index]!)
      } catch (error) {
        next = items.length
        throw error
      }
    }
  }
  await allOf(Array.from({ length: Math.min(limit, items.length) }, go))
  return answers
}
