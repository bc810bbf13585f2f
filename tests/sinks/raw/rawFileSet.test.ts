import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { ObjectStore } from '../../../src/lake/objectStore.ts'
import { memoryStore } from '../../../src/lake/memoryStore.ts'
import { rawFileSet } from '../../../src/sinks/raw/rawFileSet.ts'
import { virtualClock } from '../../../src/testing/virtualClock.ts'

const line = new TextEncoder().encode('{"id":1}\n')

/** Files of a lake whose `.csv` fail to be finished, and whose others are when the test says so. */
function open() {
  const store = memoryStore()
  const staged: string[] = []
  const go = Promise.withResolvers<void>()
  const lake: ObjectStore = {
    ...store,
    stage: (task, key) => {
      staged.push(key)
      const writer = store.stage(task, key)
      return {
        ...writer,
        close: async () => {
          if (key.endsWith('.csv')) throw new Error('the disk is full')
          await go.promise
          return writer.close()
        },
      }
    },
  }
  const context = {
    ...{ node: 'bronze', task: 'tweets', topology: 't', clock: virtualClock(), runId: 'r' },
    ...{ writer: 0, memoryBytes: 1 << 24, epoch: () => 2, attempt: () => '1-abc' },
  }
  const files = rawFileSet({
    ...{ lake: Promise.resolve(lake), path: 'bronze', maxFileBytes: 1 << 20, context, prefix: '' },
  })
  const waiting = async (): Promise<string[]> => {
    const keys: string[] = []
    for await (const { key } of store.listStaged('tweets')) keys.push(key)
    return keys
  }
  return { files, staged, go: go.resolve, waiting }
}

test('where a file fails it waits for the others', async () => {
  const { files, go, waiting } = open()
  files.open('csv').addLines(line, 1)
  files.open('ndjson').addLines(line, 1)
  let isOver = false
  const preparing = files.prepare()
  preparing.catch(() => (isOver = true))
  await setImmediate()
  expect(isOver).toBe(false)
  go()
  await expect(preparing).rejects.toThrow('the disk is full')
  expect(await waiting()).toHaveLength(1)
})

test('begins no file once it was given up', async () => {
  const { files, staged } = open()
  files.open('ndjson').addLines(line, 1)
  await files.abandon()
  const before = [...staged]
  expect(() => files.open('ndjson')).toThrow(/given up/)
  await expect(files.copy('/no/such/file', 1, 'gz')).rejects.toThrow(/given up/)
  expect(staged).toEqual(before)
})
