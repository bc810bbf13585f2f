import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { temporary } from '../contract/platform.ts'

/** A file system of its own, in memory, that is gone when the test is. */
export interface SmallDisk {
  readonly path: string
  resize(kib: number): void
  readOnly(is: boolean): void
  unmount(): void
}

const mount = (...args: readonly string[]): void => {
  execFileSync('mount', args, { stdio: 'pipe' })
}

/** Why no file systems can be mounted here; undefined where they can. */
export function whyNoMounts(): string | undefined {
  const path = temporary('mount')
  try {
    mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path)
    execFileSync('umount', [path], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer }
    return (stderr?.toString() ?? message).trim()
  }
}

export function smallDisk(kib: number, path = temporary('disk')): SmallDisk {
  mkdirSync(path, { recursive: true })
  mount('-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', path)
  let mounted = true
  const unmount = (): void => {
    if (mounted) execFileSync('umount', [path], { stdio: 'pipe' })
    mounted = false
  }
  onTestFinished(unmount)
  return {
    path,
    resize: (size) => mount('-o', `remount,size=${size}k`, path),
    readOnly: (is) => mount('-o', `remount,${is ? 'ro' : 'rw'}`, path),
    unmount,
  }
}
