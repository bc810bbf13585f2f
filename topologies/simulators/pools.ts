import type { Faker } from '@faker-js/faker'
import { faker as arabic } from '@faker-js/faker/locale/ar'
import { faker as german } from '@faker-js/faker/locale/de'
import { faker as english } from '@faker-js/faker/locale/en'
import { faker as spanish } from '@faker-js/faker/locale/es'
import { faker as french } from '@faker-js/faker/locale/fr'
import { faker as japanese } from '@faker-js/faker/locale/ja'
import { faker as portuguese } from '@faker-js/faker/locale/pt_BR'

/** Made-up names and sentences to build records from; each list in order of popularity. */
export interface Pools {
  /** Of letters, digits and underscores. */
  readonly usernames: readonly string[]
  /** By language. */
  readonly sentences: ReadonlyMap<string, readonly string[]>
  /** Without `#`, lower case. */
  readonly hashtags: readonly string[]
  readonly subreddits: readonly string[]
  readonly channels: readonly string[]
  readonly hosts: readonly string[]
}

type Phrase = (faker: Faker) => string

const USERNAMES = 1000
const HASHTAGS = 400
const SUBREDDITS = 60
const CHANNELS = 500
const HOSTS = 40
const SENTENCES = 200

const LANGUAGES: ReadonlyMap<string, readonly [Faker, readonly Phrase[]]> = new Map([
  [
    'en',
    [
      english,
      [
        (faker) => faker.hacker.phrase(),
        (faker) => faker.commerce.productDescription(),
        (faker) => `${faker.company.catchPhrase()}, says ${faker.company.name()}`,
        (faker) => `From ${faker.location.city()} to ${faker.location.city()} tonight`,
        (faker) =>
          `${faker.music.songName()} is playing and ${faker.person.firstName()} can't stop`,
      ],
    ],
  ],
  [
    'es',
    [
      spanish,
      [
        (faker) => `¡${faker.person.firstName()} ya está en ${faker.location.city()}!`,
        (faker) => `¿Alguien más espera el nuevo ${faker.commerce.product()}? Mañana llega`,
      ],
    ],
  ],
  [
    'pt',
    [
      portuguese,
      [
        (faker) => `${faker.person.firstName()} não está em ${faker.location.city()} hoje`,
        (faker) => `Promoção de ${faker.commerce.product()}: só até amanhã, atenção`,
      ],
    ],
  ],
  [
    'ja',
    [japanese, [(faker) => faker.lorem.sentence(), (faker) => `${faker.location.city()}の天気`]],
  ],
  [
    'de',
    [
      german,
      [
        (faker) => `Grüße aus ${faker.location.city()} von ${faker.person.fullName()}`,
        (faker) => `${faker.commerce.productName()} für 9,99 €, schön und günstig`,
      ],
    ],
  ],
  [
    'fr',
    [
      french,
      [
        (faker) => `${faker.person.firstName()} est déjà à ${faker.location.city()} — ça promet`,
        (faker) => `${faker.commerce.productName()} : à découvrir cet été`,
      ],
    ],
  ],
  ['ar', [arabic, [(faker) => faker.lorem.sentence()]]],
])

/** The languages of the sentences, most spoken first. */
export const languages: readonly string[] = [...LANGUAGES.keys()]

let latest: { readonly seed: number; readonly pools: Pools } | undefined

/** The pools of a seed. Faker is slow a call, so they are made once; the last seed's are kept. */
export function poolsOf(seed: number): Pools {
  if (latest?.seed !== seed) latest = { seed, pools: makePools(seed) }
  return latest.pools
}

function makePools(seed: number): Pools {
  for (const [faker] of LANGUAGES.values()) faker.seed(seed)
  return {
    usernames: distinct(USERNAMES, () => english.internet.username().replace(/\W/g, '_')),
    sentences: new Map(
      Array.from(LANGUAGES, ([language, [faker, phrases]]) => [
        language,
        Array.from({ length: SENTENCES }, (_, n) => phrases[n % phrases.length]!(faker)),
      ]),
    ),
    hashtags: distinct(HASHTAGS, () => word(english.word.noun()) + suffix()),
    subreddits: distinct(SUBREDDITS, () =>
      `${english.word.adjective()}${english.word.noun()}`.replace(/\W/g, ''),
    ),
    channels: distinct(CHANNELS, () => english.company.name()),
    hosts: distinct(HOSTS, () => english.internet.domainName()),
  }
}

const word = (text: string): string => text.toLowerCase().replace(/\W/g, '_')

/** Some tags end in a year or a number. */
const suffix = (): string => (english.number.int(9) === 0 ? `_${english.number.int(999)}` : '')

function distinct(size: number, make: () => string): string[] {
  const found = new Set<string>()
  while (found.size < size) found.add(make())
  return [...found]
}
