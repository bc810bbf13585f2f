import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Summary } from '../../topologies/platform/summary.ts'
import { simulateLanding } from '../../topologies/simulators/writeLanding.ts'
import { runPlatform, start, temporary } from '../contract/platform.ts'
import { canonical, filesBelow, strayFiles } from '../contract/readLake.ts'
import { smallDisk, whyNoMounts } from './smallDisk.ts'

const noMounts = whyNoMounts()
const title = `a lake on a disk${noMounts === undefined ? '' : ` (skipped: ${noMounts})`}`

describe.skipIf(noMounts !== undefined)(title, () => {
  const folder = temporary('bad-disk')
  const landing = join(folder, 'landing')
  let sound: Record<string, unknown>
  let total: Summary['total']

  beforeAll(async () => {
    await simulateLanding({ landing, events: 2600, seed: 11 })
    execFileSync('find', [landing, '-exec', 'touch', '-d', '1 hour ago', '{}', '+'])
    const lake = join(folder, 'lake')
    const summary = await runPlatform(args(lake))
    total = summary.total
    sound = await canonical(lake)
  })

  const args = (lake: string, ...more: string[]): string[] => [
    ...['--landing', landing, '--lake', lake, '--parallelism', '1', '--until', 'silver', ...more],
  ]
  const refused = async (lake: string, text: RegExp, ...more: string[]): Promise<void> => {
    const { code, stderr, stdout } = await start(args(lake, ...more, '--json')).ended
    expect(stderr).toMatch(text)
    // One line for people, and no stack.
    expect(stderr).not.toMatch(/^\s+at /m)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  }
  const expectSound = async (lake: string): Promise<void> => {
    expect((await runPlatform(args(lake))).total).toEqual(total)
    expect(await canonical(lake)).toEqual(sound)
    expect(strayFiles(lake)).toEqual([])
  }

  test('that is full stops the run with the remedy; when there is space it goes on exactly once', async () => {
    const disk = smallDisk(200)
    const lake = join(disk.path, 'lake')
    const full =
      /SinkError SBX_LAKE_FULL: can't \w+ \/.*\(ENOSPC\): the disk is full: free space, or put the lake on a larger disk/
    for (const kib of [200, 500, 1000, 1500]) {
      disk.resize(kib)
      await refused(lake, full)
    }
    disk.resize(40_000)
    await expectSound(lake)
  })

  test('that has space for Silver but not for Gold keeps Silver, and builds Gold later', async () => {
    const disk = smallDisk(40_000)
    const lake = join(disk.path, 'lake')
    await runPlatform(args(lake))
    const usedKib = Number(execFileSync('du', ['-sk', disk.path]).toString().split('\t')[0])
    for (const moreKib of [300, 3000]) {
      disk.resize(usedKib + moreKib)
      await refused(lake, /SBX_LAKE_FULL: can't .*gold.*ENOSPC.*free space/, '--until', 'gold')
    }
    disk.resize(60_000)
    expect((await runPlatform(args(lake, '--until', 'gold'))).gold_version).toBe(1)
    await expectSound(lake)
  })

  test('that is read-only is refused, before and after there is a lake', async () => {
    const disk = smallDisk(40_000)
    const readOnly =
      /SinkError SBX_LAKE_READ_ONLY: can't create \/.*\(EROFS\): the file system is read-only: mount it writable/
    disk.readOnly(true)
    await refused(join(disk.path, 'new/lake'), readOnly)
    disk.readOnly(false)
    const lake = join(disk.path, 'lake')
    await expectSound(lake)
    disk.readOnly(true)
    await refused(lake, readOnly)
    disk.readOnly(false)
    await expectSound(lake)
  })

  test('whose folders are on several file systems, which have no hard links between them, is refused', async () => {
    const disk = smallDisk(40_000)
    const lake = join(disk.path, 'lake')
    const noLinks =
      /ConfigError SBX_LAKE_NO_LINKS: can't make \/.* a hard link to \/.*\(EXDEV\): a lake needs one file system with hard links, such as ext4/
    const leases = smallDisk(1000, join(lake, '_leases'))
    const { code, stderr } = await start(args(lake)).ended
    expect([code, noLinks.test(stderr)]).toEqual([2, true])
    expect(filesBelow(lake)).toEqual([])
    leases.unmount()
    // One that only shows when the first epoch is published, after it was committed.
    const bronze = smallDisk(10_000, join(lake, 'bronze'))
    const later = await start(args(lake)).ended
    expect([later.code, noLinks.test(later.stderr)]).toEqual([2, true])
    bronze.unmount()
    await expectSound(lake)
  })
})

const immutable = ((): boolean => {
  const file = temporary('immutable')
  try {
    execFileSync('chattr', ['+i', file], { stdio: 'pipe' })
    execFileSync('chattr', ['-i', file], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
})()

test.skipIf(!immutable)('a folder that may not be written is refused', async () => {
  const folder = temporary('denied')
  mkdirSync(join(folder, 'lake'))
  execFileSync('chattr', ['+i', join(folder, 'lake')])
  onTestFinished(() => {
    execFileSync('chattr', ['-i', join(folder, 'lake')])
    rmSync(folder, { recursive: true })
  })
  const landing = temporary('denied-landing')
  const { code, stderr } = await start(['--lake', join(folder, 'lake'), '--landing', landing]).ended
  expect(stderr).toMatch(
    /SBX_LAKE_DENIED: can't create \/.*\((EPERM|EACCES)\): the system does not permit it: check owner, mode/,
  )
  expect(code).toBe(1)
})
