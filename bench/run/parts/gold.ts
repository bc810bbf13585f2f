import { measureLines, type Part } from '../part.ts'
import { claim, thousands, times } from '../section.ts'

const ROUNDS_AT_MOST = 3
/** Time beside the bare SQL, and of a refresh beside the whole. */
const LIMITS: Readonly<Record<string, { readonly what: string; readonly atMost: number }>> = {
  full: { what: 'Gold built, tested and published: time beside its bare SQL', atMost: 2 },
  refresh: { what: 'Gold refreshed after an hour of posts: time beside a full build', atMost: 0.2 },
}

/** Gold, beside the bare SQL of the same models. */
export const gold: Part<readonly string[]> = {
  title: 'Gold',
  minutes: 5,
  measure: ({ posts, rounds }) =>
    measureLines('gold.ts', [
      ...['--events', String(posts), '--rounds', String(Math.min(rounds, ROUNDS_AT_MOST))],
    ]),
  show(lines, { posts }) {
    return {
      text: [
        `The models built, tested by their own tests and all suites, and published as Delta tables and one file, from Silver of ${thousands(posts)} simulated posts; \`duckdb\` is the bare SQL of the same models, \`refresh\` comes after an hour of new posts. The least of the rounds counts; all tables are equal.`,
        '',
        '```text',
        ...lines,
        '```',
      ].join('\n'),
      claims: lines.flatMap((line) => {
        const limit = LIMITS[line.split(' ', 1)[0]!]
        const [, ratio] = /([\d.]+) × (?:DuckDB|full)/.exec(line) ?? []
        if (limit === undefined || ratio === undefined) return []
        return [claim(limit.what, Number(ratio), { atMost: limit.atMost }, times)]
      }),
    }
  },
}
