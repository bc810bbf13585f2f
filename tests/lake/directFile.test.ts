import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { directFile, pageAligned } from '../../src/lake/directFile.ts'
import type { PageFile } from '../../src/lake/directFile.ts'
import { realDisk } from '../../src/lake/diskIo.ts'

async function emptyFolder(parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'sluicebox-test-direct-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

function aligned(bytes: Uint8Array): Uint8Array {
  const memory = pageAligned(Math.max(1, bytes.length))
  memory.set(bytes)
  return memory.subarray(0, bytes.length)
}

/** Pieces of memory of any kind and length, many of them whole pages. */
const pieces = fc.array(
  fc.record({
    length: fc.oneof(fc.integer({ min: 0, max: 9000 }), fc.constantFrom(4096, 8192, 12_288)),
    isAligned: fc.boolean(),
  }),
  { maxLength: 12 },
)

test('holds what was written, whatever the pieces', async () => {
  const folder = await emptyFolder()
  let n = 0
  await fc.assert(
    fc.asyncProperty(pieces, async (list) => {
      const path = join(folder, String(n++))
      const written = list.map(({ length }) => randomBytes(length))
      const file = await realDisk.open(path, 'create direct')
      for (const [i, bytes] of written.entries()) {
        await file.write(list[i]!.isAligned ? aligned(bytes) : bytes)
      }
      await file.sync()
      await file.close()
      expect(Buffer.concat(written).equals(await readFile(path))).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('memory begins at a page, so that the kernel takes it', async ({ skip }) => {
  const path = join(await emptyFolder(), 'file')
  await (await realDisk.open(path, 'create')).close()
  const direct = await open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined)
  if (direct === undefined) return skip('no O_DIRECT in the folder for temporary files')
  const { bytesWritten } = await direct.write(pageAligned(8192), 0, 8192, 0)
  await direct.close()
  expect(bytesWritten).toBe(8192)
})

test('overwrites nothing', async () => {
  const path = join(await emptyFolder(), 'file')
  await (await realDisk.open(path, 'create')).close()
  await expect(realDisk.open(path, 'create direct')).rejects.toThrow('EEXIST')
})

/** A file whose pages are written as `how` says, and what became of its handles. */
async function fileBy(how: (pages: Uint8Array) => number) {
  const path = join(await emptyFolder(), 'file')
  const plain = await realDisk.open(path, 'create')
  const closed: string[] = []
  const handle = await open(path, 'r+')
  const pages: PageFile = {
    write: (bytes, offset, _, position) => handle.write(bytes, offset, how(bytes), position),
    close: async () => {
      closed.push('pages')
      await handle.close()
    },
  }
  const appended = { ...plain, close: () => plain.close().then(() => void closed.push('file')) }
  return { path, closed, file: await directFile(path, appended, async () => pages) }
}

test.each([0, 512, 4096])('appends what a short write of %i bytes left', async (short) => {
  const { path, closed, file } = await fileBy((bytes) => Math.min(short, bytes.length))
  const written = [8192, 4096, 12_288, 100].map((length) => randomBytes(length))
  for (const bytes of written) await file.write(aligned(bytes))
  await file.close()
  expect(Buffer.concat(written).equals(await readFile(path))).toBe(true)
  expect(closed).toEqual(['pages', 'file'])
})

test.each(['EINVAL', 'EOPNOTSUPP', 'ENOTSUP'])('goes on without pages after %s', async (code) => {
  let writes = 0
  const { path, closed, file } = await fileBy((bytes) => {
    if (++writes === 2) throw Object.assign(new Error(code), { code })
    return bytes.length
  })
  const written = [4096, 8192, 4096].map((length) => randomBytes(length))
  for (const bytes of written) await file.write(aligned(bytes))
  expect([writes, closed]).toEqual([2, ['pages']])
  await file.close()
  expect(Buffer.concat(written).equals(await readFile(path))).toBe(true)
})

test('hides no other failure, and closes both handles', async () => {
  const { closed, file } = await fileBy(() => {
    throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })
  })
  await expect(file.write(aligned(randomBytes(4096)))).rejects.toThrow('the disk is full')
  await file.close()
  expect(closed).toEqual(['pages', 'file'])
})
