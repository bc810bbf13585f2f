import type { Scenario } from './scenario.ts'
import { requestId, requestOf, serve, type Request, type World } from './world.ts'

/** The requests on their way if this one stays there too; undefined where that is not explored. */
export function launched(
  scenario: Scenario,
  world: World,
  request: Request,
): readonly number[] | undefined {
  if (world.flying.length >= scenario.flying) return undefined
  if (scenario.onlyCommitsFly && request.kind !== 'create') return undefined
  const id = requestId(request)
  return world.flying.includes(id) ? undefined : [...world.flying, id].sort((a, b) => a - b)
}

/** Any request that is on its way may arrive now. */
export function arrivals(world: World, emit: (label: string, next: World) => void): void {
  for (const id of world.flying) {
    const request = requestOf(id)
    const served = serve(world, request)
    const what = served.refused ? 'is refused' : 'arrives'
    const flying = world.flying.filter((other) => other !== id)
    emit(`the ${request.kind} that was on its way ${what}`, { ...served.world, flying })
  }
}

/** What is still on its way when the clock shows `now`. */
export const stillFlying = (scenario: Scenario, world: World, now: number): readonly number[] =>
  world.flying.filter((id) => {
    const request = requestOf(id)
    return request.kind !== 'create' || now < request.sent + scenario.fenceTicks / 2
  })
