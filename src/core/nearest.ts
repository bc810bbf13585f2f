/** A word is taken for a misspelling up to so many changes for each so many of its letters. */
const LETTERS_A_CHANGE = 3

/** The word that another one was probably meant to be; undefined where none is like it. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  let found: string | undefined
  let least = Math.max(1, Math.floor(word.length / LETTERS_A_CHANGE)) + 1
  for (const one of words) {
    const changes = distance(word.toLowerCase(), one.toLowerCase())
    if (changes >= least) continue
    least = changes
    found = one
  }
  return found
}

/** How many letters must be put in, left out or replaced. @see Levenshtein 1966 */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced))
    }
    row = next
  }
  return row[b.length]!
}
