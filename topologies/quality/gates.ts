import type { BuildGate } from '../../src/duckdb.ts'

/** Nothing of Gold is published unless every suite lets it pass. They are loaded when there is a build. */
export const gates = (lake: string): readonly BuildGate[] => [
  {
    name: 'suites',
    async check(query, figures) {
      const [{ suiteGate }, { suites }] = await Promise.all([
        import('../../src/quality.ts'),
        import('./suites.ts'),
      ])
      return suiteGate({ lake, suites }).check(query, figures)
    },
  },
]
