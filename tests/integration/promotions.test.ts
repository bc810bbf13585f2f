import { expect, test } from 'vitest'
import { promotionLoop } from '../faults/promotionLoop.ts'

const PROMOTIONS = 50

/** What comes before, between and behind the steps of a promotion. */
const PLACES = [
  'after utimes 4 _staging/_tmp/',
  'before link 5 _checkpoints/.*/gold/\\d{12}$',
  'after link 4 _checkpoints/.*/gold/\\d{12}$',
  'before link 4 gold/newest/_delta_log/\\d+\\.json$',
  'after link 4 gold/newest/_delta_log/\\d+\\.json$',
  'before link 4 gold/every_post/_delta_log/\\d+\\.json$',
  'after link 4 gold/daily/_delta_log/\\d+\\.json$',
  'before link 4 gold/_versions/\\d+\\.json$',
  'after link 4 gold/_versions/\\d+\\.json$',
  'before rename 4 gold/gold\\.duckdb$',
  'after rename 4 gold/gold\\.duckdb$',
  'before unlink 4 gold/_versions/\\d+\\.json$',
  'after unlink 4 gold/_versions/.*\\.duckdb$',
]

test('readers see one whole version after the other, wherever a promotion is killed', async () => {
  const lines: string[] = []
  const result = await promotionLoop({
    promotions: PROMOTIONS,
    places: PLACES,
    say: (line) => lines.push(line),
  })
  const said = lines.join('\n')
  for (const [name, { looks, generations, findings, last }] of Object.entries(result.seen)) {
    expect(findings, `${name}\n${said}`).toEqual([])
    expect(looks, name).toBeGreaterThan(PLACES.length * 2)
    expect(generations.size, name).toBeGreaterThan(5)
    if (!name.includes('kept open')) expect(last, name).toBe(PROMOTIONS)
  }
  expect(result).toMatchObject({ kills: PLACES.length, strays: [], newestVersion: PROMOTIONS })
  // All but what was killed before its commit is finished as it was.
  expect(result, said).toMatchObject({ undone: 2, finished: PLACES.length - 2 })
  expect(result.versions.map((name) => name.replace(/-.*\./, '.'))).toEqual(
    [48, 49, 50].flatMap((version) => [`${version}.duckdb`, `${version}.json`]),
  )
}, 600_000)
