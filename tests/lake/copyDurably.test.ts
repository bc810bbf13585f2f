import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { copyDurably } from '../../src/lake/copyDurably.ts'
import { realDisk } from '../../src/lake/diskIo.ts'
import type { DiskIo } from '../../src/lake/diskIo.ts'

async function files(bytes: Uint8Array) {
  const folder = await mkdtemp(join(tmpdir(), 'sluicebox-test-copy-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const [from, to] = [join(folder, 'from'), join(folder, 'to')]
  await writeFile(from, bytes)
  return { from, to }
}

/** A file system without clones, that notes what is asked of a file. */
function plainDisk(fails?: { readonly sync: number }) {
  const calls: string[] = []
  let syncs = 0
  const disk: DiskIo = {
    ...realDisk,
    cloneFile: () => Promise.resolve(false),
    open: async (path, mode) => {
      const file = await realDisk.open(path, mode)
      return {
        ...file,
        write: async (bytes) => {
          await file.write(bytes)
          calls.push('write')
        },
        sync: async () => {
          calls.push('sync')
          if (++syncs === fails?.sync) throw new Error('EIO')
          await file.sync()
        },
        close: async () => {
          calls.push(`close ${mode}`)
          await file.close()
        },
      }
    },
  }
  return { disk, calls }
}

describe('copyDurably', () => {
  test.each([0, 1, 4096, 2 ** 21 - 1, 2 ** 21, 2 ** 21 + 1, 5 * 2 ** 20 + 77, 6 * 2 ** 20 + 4096])(
    'copies %i bytes, with their length and CRC-32',
    async (length) => {
      const bytes = randomBytes(length)
      const { from, to } = await files(bytes)
      const { disk, calls } = plainDisk()
      const sums = { bytes: length, checksum: crc32(bytes) }
      expect(await copyDurably(disk, from, to)).toEqual(sums)
      expect(bytes.equals(await readFile(to))).toBe(true)
      expect(calls.slice(-3)).toEqual(['sync', 'close create direct', 'close read'])
    },
  )

  test('clones where the file system can', async () => {
    const bytes = randomBytes(3_000_000)
    const { from, to } = await files(bytes)
    const cloneFile: DiskIo['cloneFile'] = async (one, other) => {
      await realDisk.copyFile(one, other)
      return true
    }
    const { disk, calls } = plainDisk()
    const sums = await copyDurably({ ...disk, cloneFile }, from, to)
    expect(sums).toEqual({ bytes: bytes.length, checksum: crc32(bytes) })
    expect(bytes.equals(await readFile(to))).toBe(true)
    expect(calls).not.toContain('write')
  })

  test('says that this file system has clones only where it has made one', async () => {
    const bytes = randomBytes(1000)
    const { from, to } = await files(bytes)
    const isClone = await realDisk.cloneFile(from, to)
    const there = await readFile(to).catch(() => undefined)
    expect(there?.equals(bytes) ?? false).toBe(isClone)
  })

  test('overwrites nothing', async () => {
    const { from, to } = await files(randomBytes(10))
    await writeFile(to, 'there')
    await expect(copyDurably(plainDisk().disk, from, to)).rejects.toThrow('EEXIST')
    expect(await readFile(to, 'utf8')).toBe('there')
  })

  test('has the disk begin before all is written, and hides no failure of that', async () => {
    const { from, to } = await files(new Uint8Array(200 * 2 ** 20))
    const { disk, calls } = plainDisk()
    await copyDurably(disk, from, to)
    expect(calls.indexOf('sync')).toBeLessThan(calls.lastIndexOf('write'))
    await rm(to)
    const failing = plainDisk({ sync: 1 })
    await expect(copyDurably(failing.disk, from, to)).rejects.toThrow('EIO')
    expect(failing.calls.slice(-2)).toEqual(['close create direct', 'close read'])
  })
})
