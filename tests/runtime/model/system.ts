import { modelDriver } from './driver.ts'
import type { System } from './explore.ts'
import { broken } from './invariants.ts'
import { maintenance } from './maintenance.ts'
import { arrivals, stillFlying } from './network.ts'
import type { Scenario } from './scenario.ts'
import { encodeWorld, fileOf, withoutFiles, type World } from './world.ts'

/** Everything together: attempts, maintenance, the network, the clock, and what must hold. */
export function system(scenario: Scenario): System<World> {
  const driver = modelDriver(scenario)
  const upkeep = maintenance(scenario)
  const attempts = Array.from({ length: scenario.attempts }, (_, index) => index)
  const isTimed = scenario.ticks > 0

  return {
    initial: {
      now: 0,
      checkpoints: [0],
      files: [],
      log: [],
      gold: [0, 0],
      flying: [],
      expired: 0,
      actors: [...attempts.map(() => driver.initial), ...upkeep.initial],
    },
    steps(world, emit) {
      for (const index of world.actors.keys()) {
        // Before they have begun, one process is as good as the other.
        if (index > 0 && index < attempts.length && world.actors[index - 1] === driver.initial) {
          continue
        }
        if (index < attempts.length) driver.steps(world, index, emit)
        else upkeep.steps(world, index, emit)
      }
      arrivals(world, emit)
      if (world.expired < scenario.expiries) {
        for (const id of world.files.filter((file) => fileOf(file).kind === 'staged')) {
          const files = withoutFiles(world.files, [id])
          emit('an upload expires', { ...world, files, expired: world.expired + 1 })
        }
      }
      if (isTimed && world.now < scenario.ticks) {
        const now = world.now + 1
        emit(`time passes: ${now}`, { ...world, now, flying: stillFlying(scenario, world, now) })
      }
    },
    check(world) {
      const holders = attempts.map((index) => driver.actorOf(world.actors[index]!).machine)
      return broken(scenario, world, holders)
    },
    encode: encodeWorld,
  }
}
