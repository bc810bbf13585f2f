import { expect, test } from 'vitest'
import type { SourceBatch } from '../../src/core/unit.ts'
import { openingRunner } from '../../src/runtime/openingRunner.ts'
import type { Runner } from '../../src/runtime/runner.ts'

const batch: SourceBatch = { partition: 0, source: 'a', ingestedAtMs: 0, baseOffset: 0 }

test('what is asked before it is open is answered in order after that', async () => {
  const asked: string[] = []
  const { promise, resolve } = Promise.withResolvers<Runner>()
  const runner = openingRunner(promise)
  const answers = [
    runner.begin(0, batch),
    runner.begin(1, batch),
    runner.resume(0, 'dedup', new Uint8Array()),
  ]
  expect(asked).toEqual([])
  resolve({
    freesBatches: false,
    begin: async (seq) => (asked.push(`begin ${seq}`), []),
    resume: async (seq) => (asked.push(`resume ${seq}`), []),
    prepare: async () => (asked.push('prepare'), { files: {}, ledger: {} }),
    close: async () => void asked.push('close'),
  })
  await Promise.all(answers)
  await runner.prepare({ task: 't', runId: 'r', epoch: 1, attempt: '1-a' })
  await runner.close()
  expect(asked).toEqual(['begin 0', 'begin 1', 'resume 0', 'prepare', 'close'])
})

test('one that can’t be opened rejects what is asked, and can be closed', async () => {
  const runner = openingRunner(Promise.reject(new Error('no thread')))
  await expect(runner.begin(0, batch)).rejects.toThrow('no thread')
  await runner.close()
})
