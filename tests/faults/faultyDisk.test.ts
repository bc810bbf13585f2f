import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { faultyDisk } from './faultyDisk.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluicebox-faulty-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('a process may end with a call that fails by itself', async () => {
  for (const fault of ['crash after', 'crash before'] as const) {
    const { disk, crashed, waiting } = faultyDisk(0, fault)
    const answered = disk.readdir(join(folder, 'absent')).then(
      () => 'done',
      () => 'failed',
    )
    await expect(Promise.race([answered, crashed.then(() => 'crashed')])).resolves.toBe('crashed')
    expect([...waiting].map(({ call }) => call)).toEqual([`readdir ${folder}/absent`])
  }
})

test('a call whose answer is lost was done', async () => {
  const { disk } = faultyDisk(0, 'lost answer')
  await expect(disk.mkdir(join(folder, 'made'))).rejects.toThrow('EIO')
  await expect(disk.readdir(folder)).resolves.toHaveLength(1)
})
