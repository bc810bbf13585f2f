import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { realDisk } from '../../src/lake/diskIo.ts'
import type { DiskFile, DiskIo } from '../../src/lake/diskIo.ts'
import { localStore } from '../../src/lake/localStore.ts'
import type { ObjectStore, StagedObject } from '../../src/lake/objectStore.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluicebox-crash-'))
})
afterAll(() => rm(home, { recursive: true }))

/** A disk on which call number `last` fails, a write half done, and no call after it is made. */
function dyingDisk(last: number): { disk: DiskIo; isDead(): boolean } {
  let calls = 0
  const mortal = <Args extends readonly unknown[], Result>(
    call: (...args: Args) => Promise<Result>,
    torn?: (...args: Args) => Promise<unknown>,
  ) => {
    return async (...args: Args): Promise<Result> => {
      if (calls++ < last) return call(...args)
      if (calls - 1 === last) await torn?.(...args)
      throw Object.assign(new Error('the process is gone'), { code: 'EIO' })
    }
  }
  const mortalFile = (file: DiskFile): DiskFile => ({
    read: mortal(file.read),
    write: mortal(file.write, (bytes) => file.write(bytes.subarray(0, bytes.length / 2))),
    sync: mortal(file.sync),
    stat: mortal(file.stat),
    // Descriptors are closed with the process, whatever it did before.
    close: () => file.close(),
  })
  const { open, ...calling } = realDisk
  const wrapped = Object.entries(calling).map(([name, call]) => [
    name,
    mortal(call as (...args: readonly unknown[]) => Promise<unknown>),
  ])
  const disk = {
    ...Object.fromEntries(wrapped),
    open: mortal(async (path: string, mode: 'read' | 'create') =>
      mortalFile(await open(path, mode)),
    ),
  } as DiskIo
  return { disk, isDead: () => calls > last }
}

const CONTENT = 'the raw bytes of an epoch'
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Prepare, commit, publish: as a task does it. */
async function runEpoch(store: ObjectStore): Promise<void> {
  const object = await stageIt(store)
  expect(await store.create('_checkpoints/1', encode(JSON.stringify(object)))).toBe('created')
  expect(await store.publish(object)).toBe('published')
}

async function stageIt(store: ObjectStore): Promise<StagedObject> {
  const writer = store.stage('task', 'bronze/hour=01/raw')
  try {
    await writer.write(encode(CONTENT.slice(0, 10)))
    await writer.write(encode(CONTENT.slice(10)))
    return await writer.close()
  } catch (error) {
    await writer.abort()
    throw error
  }
}

/** What the next process does: publishes what was committed, removes what was not. */
async function recover(store: ObjectStore): Promise<string> {
  const checkpoint = await store.read('_checkpoints/1')
  if (checkpoint === undefined) {
    for await (const object of store.listStaged('task')) await store.discard(object)
    return 'nothing'
  }
  const object = JSON.parse(Buffer.from(checkpoint).toString()) as StagedObject
  expect(await store.publish(object)).not.toBe('missing')
  return 'committed'
}

test('a crash at any call leaves all of an epoch or nothing, however often it happens', async () => {
  const outcomes = new Set<string>()
  for (let last = 0; ; last++) {
    const root = join(home, String(last))
    const first = dyingDisk(last)
    await runEpoch(localStore(root, { disk: first.disk })).catch((error: unknown) => {
      if (!first.isDead()) throw error
    })
    for (let call = 0; call < 6; call++) {
      const again = dyingDisk(call)
      await recover(localStore(root, { disk: again.disk })).catch((error: unknown) => {
        if (!again.isDead()) throw error
      })
    }
    const store = localStore(root)
    const outcome = await recover(store)
    outcomes.add(outcome)
    const visible: string[] = []
    for await (const { key } of store.list('bronze/')) visible.push(key)
    expect(visible).toEqual(outcome === 'committed' ? ['bronze/hour=01/raw'] : [])
    if (outcome === 'committed') {
      expect(Buffer.from((await store.read(visible[0] as string)) ?? []).toString()).toBe(CONTENT)
    }
    for await (const object of store.listStaged('task')) expect(object).toBeUndefined()
    if (!first.isDead()) break
    expect(last).toBeLessThan(200)
  }
  expect([...outcomes].sort()).toEqual(['committed', 'nothing'])
})
