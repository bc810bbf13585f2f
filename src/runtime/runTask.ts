import { CheckpointError } from '../core/errors.ts'
import { LEFT, taskDriver, type TaskOptions } from './taskDriver.ts'
import { advance, begin } from './taskProtocol.ts'

/**
 * Runs one task under the commit protocol until its input ends or another attempt has taken it: does what
 * the state machine asks for, one effect at a time, and hands back what came of it.
 *
 * @returns `lost` where another attempt committed this one's epoch and the task was left to it, `left`
 *   where it was taken away by `leaving`.
 */
export async function runTask(options: TaskOptions): Promise<'ended' | 'lost' | 'left'> {
  const { body, signal, leaving } = options
  const driver = taskDriver(options)
  let state = begin(options.protocol)
  try {
    for (;;) {
      signal.throwIfAborted()
      const { effect } = state
      if (effect.kind === 'fail') throw new CheckpointError(effect.message, { code: effect.code })
      if (effect.kind === 'stop') {
        await driver.leave()
        return effect.reason
      }
      // Between two epochs, and before a claim: what was prepared is committed and published first.
      const isFree = effect.kind === 'produce' || effect.kind === 'drawAttempt'
      const answer = isFree && leaving?.aborted === true ? LEFT : await driver.answer(effect)
      if (answer === LEFT) {
        await driver.leave()
        return 'left'
      }
      state = advance(state, answer)
    }
  } catch (error) {
    driver.abandon()
    // What can't be closed any more says less than what went wrong before.
    await body.stop().catch(() => {})
    throw error
  }
}
