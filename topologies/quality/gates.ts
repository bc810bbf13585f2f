import type { BuildGate } from '../../src/duckdb.ts'

/** Nothing of Gold is published unless every suite lets it pass. They are loaded when there is a build. */
export const gates = (lake: string): readonly BuildGate[] => [
  {
    name: 'suites',
    check: async (query, figures) => (await gateOf(lake)).check(query, figures),
    begin: async (query, figures) => {
      const gate = await gateOf(lake)
      return gate.begin?.(query, figures) ?? gate.check
    },
  },
]

async function gateOf(lake: string): Promise<BuildGate> {
  const [{ suiteGate }, { suites }] = await Promise.all([
    import('../../src/quality.ts'),
    import('./suites.ts'),
  ])
  return suiteGate({ lake, suites })
}
