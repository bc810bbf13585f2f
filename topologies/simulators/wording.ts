import { brands } from './brands.ts'
import type { Draws } from './draws.ts'
import { languages, type Pools } from './pools.ts'
import { zipf } from './zipf.ts'

/** What a post says, already escaped for its file format. */
export interface Wording {
  /** One to three sentences. */
  sentences(draw: Draws, language: string): string
  language(draw: Draws): string
  /** None to three, without `#`, in the letter case that the author chose. */
  hashtags(draw: Draws): string[]
  /** Brands and users, without `@`. */
  mentions(draw: Draws, username: (draw: Draws) => string): string[]
}

/** What trips careless readers: quotes, commas, line ends, escapes, characters beyond 16 bits. */
const ODDITIES = [
  '🚀',
  '😂👍🏽',
  '👩‍👩‍👧‍👦 family',
  'it’s',
  '"quoted, with comma"',
  'first line\nsecond line',
  'tab\there',
  'C:\\temp\\new',
  'a, b, and c',
  'déjà vu — ça va',
  '新製品の発表',
  '<b>5 &lt; 6 &amp; 7</b>',
  'null',
  '100 % = €1 000',
]

/** @param escape - puts text into a string of the file format */
export function wording(pools: Pools, escape: (text: string) => string): Wording {
  const oddities = ODDITIES.map(escape)
  const sentencesOf = new Map(
    Array.from(pools.sentences, ([language, list]) => [language, list.map(escape)]),
  )
  const cased = [
    pools.hashtags,
    pools.hashtags.map((tag) => tag.charAt(0).toUpperCase() + tag.slice(1)),
    pools.hashtags.map((tag) => tag.toUpperCase()),
  ]
  const casedBrands = [
    brands,
    brands.map((brand) => brand.charAt(0).toUpperCase() + brand.slice(1)),
  ]
  const anyLanguage = zipf(languages.length)
  const anyHashtag = zipf(pools.hashtags.length)
  const anyBrand = zipf(brands.length)

  return {
    language: (draw) => languages[anyLanguage(draw)]!,
    sentences(draw, language) {
      const list = sentencesOf.get(language)!
      let text = list[draw.below(list.length)]!
      while (draw.oneIn(3)) text += ` ${list[draw.below(list.length)]!}`
      if (draw.oneIn(4)) text += ` ${oddities[draw.below(oddities.length)]!}`
      return text
    },
    hashtags(draw) {
      const tags: string[] = []
      for (let left = draw.below(7) - 3; left > 0; left--) {
        const spelling = cased[draw.oneIn(5) ? 1 + draw.below(2) : 0]!
        tags.push(spelling[anyHashtag(draw)]!)
      }
      return tags
    },
    mentions(draw, username) {
      const names: string[] = []
      while (draw.oneIn(4)) {
        names.push(casedBrands[draw.oneIn(8) ? 1 : 0]![anyBrand(draw)]!)
      }
      if (draw.oneIn(5)) names.push(username(draw))
      return names
    },
  }
}
