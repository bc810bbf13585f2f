/** The hashtags that stand in a text. */
export const hashtagsIn = (text: string): string[] =>
  text.includes('#') ? distinctLower(text.match(/#[A-Za-z0-9_]+/g)?.map(withoutMark)) : []

/** The mentions that stand in a text. */
export const mentionsIn = (text: string): string[] =>
  text.includes('@') ? distinctLower(text.match(/@[A-Za-z0-9_]+/g)?.map(withoutMark)) : []

const withoutMark = (tag: string): string => tag.slice(1)

/** The tags of a column that holds them as `a|b`. */
export const tagsIn = (tags: string): string[] =>
  distinctLower(tags.split('|').filter((tag) => tag !== ''))

/** Lower-cased, without repeats, in order of first appearance. */
export function distinctLower(tags: readonly string[] | undefined): string[] {
  if (tags === undefined || tags.length === 0) return []
  if (tags.length === 1) return [tags[0]!.toLowerCase()]
  return [...new Set(tags.map((tag) => tag.toLowerCase()))]
}
