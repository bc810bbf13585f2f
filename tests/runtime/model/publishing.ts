import type { Checkpoint } from '../../../src/runtime/checkpoint.ts'
import type { Answer } from '../../../src/runtime/protocolEffects.ts'
import type { Actor } from './actors.ts'
import { publishSteps, type PublishStep } from './lakeFiles.ts'
import type { Scenario } from './scenario.ts'
import { entryId, entryOf, newestGold, showFile, table, type Request, type World } from './world.ts'

/** What the driver lends: all of it speaks for one actor. */
interface Tools {
  react(said: Answer, world: World): Actor
  go(label: string, to: Actor, changed?: World): void
  answer(label: string, said: Answer, changed?: World): void
  send(label: string, request: Request, then: (refused: boolean, world: World) => Actor): void
}

/** One step further in making a checkpoint visible: bronze, then gold, then the table. */
export function publish(
  scenario: Scenario,
  world: World,
  actor: Actor,
  checkpoint: Checkpoint,
  { go, answer, send, react }: Tools,
): void {
  const program = publishSteps(scenario, checkpoint)
  const [pc = 0, phase = 0, seen = 0, also = 0] = actor.at
  const step: PublishStep = program[pc]!
  const goOn = (to: World, count = 1): Actor =>
    pc + count < program.length ? { ...actor, at: [pc + count] } : react({ kind: 'done' }, to)

  switch (step.kind) {
    case 'move': {
      const kind = scenario.store === 'folder' ? 'link' : 'complete'
      const isThere = world.files.includes(step.to)
      const isBlind = scenario.mutation.driver === 'never looks where a link would go'
      if (!world.files.includes(step.from) && (isBlind || !isThere)) {
        return answer(`misses ${showFile(step.from)}`, missing('an upload', kind === 'complete'))
      }
      return send(
        `${kind}s ${showFile(step.to)}`,
        { kind, from: step.from, to: step.to },
        (gone, to) => goOn(to, gone && kind === 'link' ? 2 : 1),
      )
    }
    case 'unlink':
      return send(
        `unlinks ${showFile(step.file)}`,
        { kind: 'remove', files: [step.file] },
        (_, to) => goOn(to),
      )
    case 'append': {
      const entry = { txn: checkpoint.epoch, adds: step.files, removes: [] }
      if (phase === 1) {
        const isBlind = scenario.mutation.driver === 'appends again without reading the log'
        return send(
          `appends ${checkpoint.epoch} to the log as version ${seen}`,
          { kind: 'append', version: seen, entry: entryId(entry) },
          (refused, to) => {
            if (!refused) return goOn(to)
            return { ...actor, at: isBlind ? [pc, 1, seen + 1] : [pc] }
          },
        )
      }
      if (table(world.log).txn < checkpoint.epoch) {
        return go(`reads the log: version ${world.log.length}`, {
          ...actor,
          at: [pc, 1, world.log.length],
        })
      }
      const published = world.log.map(entryOf).find(({ txn }) => txn === checkpoint.epoch)
      if (published?.adds.join() === step.files.join()) {
        return go(`finds ${checkpoint.epoch} in the log`, goOn(world))
      }
      return go('finds other files in the log', failed(actor, 'the log has other files'))
    }
    case 'place': {
      if (phase === 0) {
        const isEarly = scenario.mutation.driver === 'reads the version before the ETag'
        if (scenario.store === 'folder' || isEarly) {
          const version = newestGold(world)
          const at = scenario.store === 'folder' ? [pc, 2, -1, version] : [pc, 1, 0, version]
          return version === 0
            ? go('sees no version', goOn(world))
            : go(`sees version ${version}`, { ...actor, at })
        }
        return go(`reads the ETag: ${world.gold[0]}`, { ...actor, at: [pc, 1, world.gold[0]] })
      }
      if (phase === 1) {
        if (also > 0) return go('reads the ETag', { ...actor, at: [pc, 2, world.gold[0], also] })
        const version = newestGold(world)
        return version === seen
          ? go(`sees that version ${version} is in place`, goOn(world))
          : go(`sees version ${version}`, { ...actor, at: [pc, 2, seen, version] })
      }
      return send(
        `puts version ${also} in place`,
        { kind: 'putGold', version: also, over: seen },
        (refused, to) => (refused ? { ...actor, at: [pc] } : goOn(to)),
      )
    }
  }
}

const missing = (what: string, again: boolean): Answer => ({ kind: 'missing', what, again })
const failed = (actor: Actor, message: string): Actor => ({
  ...actor,
  machine: { ...actor.machine, effect: { kind: 'fail', code: 'SBX_CHECKPOINT_DAMAGED', message } },
})
