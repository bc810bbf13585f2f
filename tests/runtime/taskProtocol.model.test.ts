import { describe, expect, it } from 'vitest'
import { explore } from './model/explore.ts'
import { knownBugs } from './model/mutations.ts'
import { longScenarios, scenarios } from './model/scenarios.ts'
import { system } from './model/system.ts'

// SLUICEBOX_MODEL=long explores three attempts and more faults at a time; it takes minutes.
const isLong = process.env['SLUICEBOX_MODEL'] === 'long'
const timeout = isLong ? 3_600_000 : 120_000

describe('the commit protocol, in every order of steps that two or three attempts can take', () => {
  it.each(isLong ? longScenarios : scenarios)(
    'loses and doubles nothing: $name',
    { timeout },
    (scenario) => {
      const { states, steps, seconds, complete, violation } = explore(system(scenario))
      console.info(`${scenario.name}: ${states} states, ${steps} steps, ${seconds.toFixed(1)} s`)
      expect(violation).toBeUndefined()
      expect(complete).toBe(true)
    },
  )
})

describe('the check finds every known bug that is put back', () => {
  it.each(knownBugs)('$name', { timeout }, ({ scenario: name, mutation, harm }) => {
    const scenario = scenarios.find((one) => one.name === name)
    expect(scenario).toBeDefined()
    const { violation } = explore(system({ ...scenario!, mutation }))
    expect(violation?.what).toMatch(harm)
    expect(violation?.trace.length).toBeGreaterThan(0)
  })
})
