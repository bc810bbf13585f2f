import { expect, test } from 'vitest'
import type { ModelsBuilder } from '../../src/core/models.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { modelsBody } from '../../src/runtime/modelsBody.ts'
import { virtualClock } from '../../src/testing/virtualClock.ts'

const unit = { kind: 'models', type: 'test', options: {}, reads: {} } as const
const never = () => Promise.reject(new Error('not called'))

/** Builds nothing; counts how often it was asked whether there is something to build. */
function idleBuilder(): ModelsBuilder & { readonly looks: () => number } {
  let looks = 0
  return {
    looks: () => looks,
    inputs: async () => (looks++, null),
    prepare: never,
    publish: never,
    promote: async () => {},
    discard: never,
    clean: async () => 0,
    close: async () => {},
  }
}

test('an attempt that has ended no longer looks for work beside the next one', async () => {
  const clock = virtualClock()
  const builder = idleBuilder()
  const body = modelsBody({
    node: { kind: 'models', name: 'gold', reads: [], unit: { ...unit, open: async () => builder } },
    builder,
    clock,
    logger: silentLogger,
    mode: 'streaming',
    intervalMs: 1000,
    inputsDone: new Promise(() => {}),
    signal: new AbortController().signal,
    onBuild() {},
  })
  const lives: Promise<unknown>[] = []
  for (let epoch = 2; epoch <= 4; epoch++) {
    const writing = { task: 'gold', runId: 'run', epoch, attempt: `${epoch}-0` }
    await body.start({ positions: undefined, state: {} }, writing)
    lives.push(body.next())
    await clock.advance(10)
    if (epoch < 4) await body.stop()
  }
  const before = builder.looks()
  await clock.advance(5000)
  expect(builder.looks() - before).toBe(5)
  await body.stop()
  expect(await Promise.all(lives)).toEqual([undefined, undefined, undefined])
})
