import { expect, test } from 'vitest'
import { memoryStore } from '../../../src/lake/memoryStore.ts'
import type { ObjectStore } from '../../../src/lake/objectStore.ts'
import { NOWHERE, type Checkpoint } from '../../../src/runtime/checkpoint.ts'
import { checkpointStore } from '../../../src/runtime/checkpointStore.ts'
import { readFileClaims } from '../../../src/runtime/maintenance/fileClaims.ts'

const lineage = '0123456789abcdef'
const folder = (store: ObjectStore, task = 'in', topology = 'flow') =>
  checkpointStore(store, topology, lineage, task)

const checkpointOf = (
  epoch: number,
  attempt: string,
  files: readonly string[] = [],
): Checkpoint => ({
  ...{ formatVersion: 1, topology: 'flow', lineage, task: 'in', epoch, attempt },
  ...{ claim: files.length === 0, positions: NOWHERE, state: {} },
  identity: { source: { node: 'in' }, operators: {} },
  prepared: { silver: files.map((key) => ({ key, bytes: 1, checksum: 1, records: 1 })) },
  ...{ ledger: {}, savedAtMs: 0, runId: 'run' },
})

/** Attempt 1-a committed 2 to 4, 5-b took over and committed 6; epochs below 3 are forgotten. */
async function history(): Promise<ObjectStore> {
  const store = memoryStore()
  const task = folder(store)
  for (const epoch of [3, 4]) await task.create(checkpointOf(epoch, '1-a', [`silver/${epoch}`]))
  const marker = { formatVersion: 1, marker: true, retiredAtMs: 0 } as const
  await task.retire({ ...marker, epoch: 3, attempt: '1-a' })
  await task.create(checkpointOf(5, '5-b'))
  await task.create(checkpointOf(6, '5-b', ['silver/6', 'silver/6b']))
  await task.writeObject('000000000006-5-b-in-0', Buffer.of(1))
  return store
}

test('names the files of the newest checkpoint of every task, and no others', async () => {
  const store = await history()
  await folder(store, 'other/0', 'flow2').create({
    ...checkpointOf(1, '1-c', ['silver/other']),
    ...{ topology: 'flow2', task: 'other/0' },
  })
  const { isNamed } = await readFileClaims(store)
  expect(['silver/6', 'silver/6b', 'silver/other'].map(isNamed)).toEqual([true, true, true])
  expect(['silver/3', 'silver/4', 'silver/5'].map(isNamed)).toEqual([false, false, false])
})

test.each([
  ['in', 3, '1-a', true, 'committed, a marker says so'],
  ['in', 6, '5-b', true, 'committed'],
  ['in', 5, '1-a', true, 'another has claimed that epoch'],
  ['in', 9, '1-a', true, 'another has claimed an epoch before it'],
  ['in', 7, '5-b', false, 'the attempt lives'],
  ['in', 8, '7-d', false, 'its claim is not there yet'],
  ['in', 6, '6-e', false, 'it never got its claim, and wrote nothing'],
  ['in', 2, '1-a', false, 'nobody remembers'],
  ['elsewhere', 1, '1-a', false, 'no such task'],
])('of %s, epoch %i of %s is decided: %s, since %s', async (task, epoch, attempt, decided) => {
  const { isDecided } = await readFileClaims(await history())
  expect(await isDecided(task, epoch, attempt)).toBe(decided)
})

test('where two topologies have a task of that name, one that may live is enough', async () => {
  const store = await history()
  await folder(store, 'in', 'flow2').create({ ...checkpointOf(1, '1-a'), topology: 'flow2' })
  const { isDecided } = await readFileClaims(store)
  expect(await isDecided('in', 9, '1-a')).toBe(false)
  expect(await isDecided('in', 4, '1-a')).toBe(true)
})
