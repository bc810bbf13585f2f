import type { Runner } from './runner.ts'

/**
 * A runner that is still being opened: what it is asked waits for that, in order. So a source is read from
 * while the threads load their modules.
 */
export function openingRunner(opening: Promise<Runner>): Runner {
  // Whoever asks learns of it.
  opening.catch(() => {})
  return {
    // Nobody knows yet; it does no harm to think so.
    freesBatches: false,
    begin: async (seq, batch) => (await opening).begin(seq, batch),
    resume: async (seq, gate, fates) => (await opening).resume(seq, gate, fates),
    prepare: async (next) => (await opening).prepare(next),
    async close() {
      const runner = await opening.catch(() => undefined)
      await runner?.close()
    },
  }
}
