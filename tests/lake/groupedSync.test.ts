import { expect, test } from 'vitest'

import { realDisk } from '../../src/lake/diskIo.ts'
import type { DiskIo } from '../../src/lake/diskIo.ts'
import { groupedSync } from '../../src/lake/groupedSync.ts'

/** A disk whose syncs end when they are told to. */
function heldDisk(): { disk: DiskIo; started: string[]; end(error?: Error): Promise<void> } {
  const started: string[] = []
  const waiting: { resolve(): void; reject(error: Error): void }[] = []
  const disk: DiskIo = {
    ...realDisk,
    syncFolder: (folder) =>
      new Promise<void>((resolve, reject) => {
        started.push(folder)
        waiting.push({ resolve, reject })
      }),
  }
  const end = async (error?: Error): Promise<void> => {
    const next = waiting.shift()
    if (error === undefined) next?.resolve()
    else next?.reject(error)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { disk, started, end }
}

test('who asks while a folder is synced waits for the next sync, which all of them share', async () => {
  const { disk, started, end } = heldDisk()
  const sync = groupedSync(disk)
  const done: string[] = []
  const ask = (name: string, folder = 'a'): Promise<unknown> =>
    sync(folder).then(() => done.push(name))
  const all = [ask('first'), ask('second'), ask('third'), ask('other', 'b')]
  expect(started).toEqual(['a', 'b'])
  await end()
  expect(done).toEqual(['first'])
  expect(started).toEqual(['a', 'b', 'a'])
  all.push(ask('fourth'))
  await end()
  await end()
  expect(done).toEqual(['first', 'other', 'second', 'third'])
  await end()
  await Promise.all(all)
  expect(started).toEqual(['a', 'b', 'a', 'a'])
})

test('a failure reaches those who waited for it, and nobody else', async () => {
  const { disk, end } = heldDisk()
  const sync = groupedSync(disk)
  const first = sync('a')
  const failed = expect(first).rejects.toThrow('broken')
  const second = sync('a')
  await end(new Error('broken'))
  await failed
  await end()
  await second
  const third = sync('a')
  await end()
  await third
})
