import { expect, test } from 'vitest'
import { GateError } from '../../src/core/errors.ts'
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

/** Reads versions one after the other; a gate blocks those that it is told to. */
function gatedBuilder(blocked: readonly number[]) {
  let version = 1
  const builder: ModelsBuilder = {
    ...idleBuilder(),
    inputs: async () => version,
    prepare: async ({ inputs }) => {
      if (blocked.includes(Number(inputs))) {
        throw new GateError(`version ${Number(inputs)} is bad`, { code: 'SBX_MODELS_CHECK' })
      }
      const report = { version, rows: {}, checks: [], durationSeconds: 0, touched: null }
      return { files: [], state: null, report }
    },
  }
  return { builder, next: () => void version++ }
}

const writing = { task: 'gold', runId: 'run', epoch: 1, attempt: '1-0' }

/** A body that has made its first build. */
async function streamingBody(
  builder: ModelsBuilder,
  clock: ReturnType<typeof virtualClock>,
  inputsDone: Promise<void>,
) {
  const body = modelsBody({
    node: { kind: 'models', name: 'gold', reads: [], unit: { ...unit, open: async () => builder } },
    ...{ builder, clock, logger: silentLogger, mode: 'streaming', intervalMs: 1000 },
    ...{ inputsDone, signal: new AbortController().signal, onBuild() {} },
  })
  await body.start({ positions: undefined, state: {} }, writing)
  await body.next()
  return body
}

test.each([
  ['the newest build was blocked', [2, 3], 'version 3 is bad'],
  ['one was blocked and a later one was not', [2], undefined],
])('streaming ends with its error where %s', async (_, blocked, error) => {
  const clock = virtualClock()
  const { builder, next } = gatedBuilder(blocked)
  const inputs = Promise.withResolvers<void>()
  const body = await streamingBody(builder, clock, inputs.promise)
  next()
  const later = body.next().catch((reason: unknown) => reason)
  await clock.advance(2000)
  next()
  await clock.advance(2000)
  // A build that was not blocked ends this call, and the next one finds nothing.
  const ended = blocked.includes(3) ? later : later.then(() => body.next())
  inputs.resolve()
  await clock.advance(2000)
  if (error === undefined) expect(await ended).toBeUndefined()
  else expect(await ended).toMatchObject({ code: 'SBX_MODELS_CHECK', message: error })
})

test('what was blocked is forgotten by an attempt that finds it published by another', async () => {
  const clock = virtualClock()
  const { builder, next } = gatedBuilder([2])
  const inputs = Promise.withResolvers<void>()
  const body = await streamingBody(builder, clock, inputs.promise)
  next()
  const blocked = body.next()
  await clock.advance(2000)
  await body.stop()
  expect(await blocked).toBeUndefined()

  const published = { positions: { inline: 2, objects: [] }, state: {} }
  await body.start(published, { ...writing, epoch: 3, attempt: '3-0' })
  inputs.resolve()
  const last = body.next()
  await clock.advance(2000)
  expect(await last).toBeUndefined()
})
