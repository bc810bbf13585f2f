import { realDisk, type DiskFile, type DiskIo } from '../../src/lake/diskIo.ts'

/** What happens at the chosen call. */
export type Fault =
  /** It fails and nothing was done. */
  | 'fail'
  /** It was done, but the caller is told that it failed. */
  | 'lost answer'
  /** Half of the bytes were written, then it failed; other calls than writes: as 'fail'. */
  | 'torn'
  /** It is done, and it is the last thing that the process did. */
  | 'crash after'
  /** The process ends instead of doing it; a write has done half of its work. */
  | 'crash before'

export const FAULTS: readonly Fault[] = [
  'fail',
  'lost answer',
  'torn',
  'crash after',
  'crash before',
]

export interface FaultyDisk {
  readonly disk: DiskIo
  /** Calls so far, as `method path`. */
  readonly calls: readonly string[]
  /** Calls that have not been answered, oldest first. */
  readonly waiting: ReadonlySet<{ readonly call: string }>
  /** Whether the real disk has not answered something yet. */
  isBusy(): boolean
  /** Resolves when the process would have ended. */
  readonly crashed: Promise<void>
}

/**
 * The real disk with one fault at call number `at` (from 0). After a crash no call does anything, and
 * none ever answers: whoever waits for one waits for ever, like a process that is gone.
 */
export function faultyDisk(at: number, fault: Fault): FaultyDisk {
  const calls: string[] = []
  const waiting = new Set<{ readonly call: string }>()
  let over = false
  let busy = 0
  let crash: () => void
  const crashed = new Promise<void>((resolve) => (crash = resolve))
  const never = new Promise<never>(() => {})

  const act = async <T>(
    name: string,
    real: () => Promise<T>,
    half?: () => Promise<void>,
  ): Promise<T> => {
    const asked = { call: name }
    waiting.add(asked)
    try {
      return await answer(name, real, half)
    } finally {
      waiting.delete(asked)
    }
  }

  const answer = async <T>(
    name: string,
    call: () => Promise<T>,
    half?: () => Promise<void>,
  ): Promise<T> => {
    const real = async (): Promise<T> => {
      busy++
      try {
        return await call()
      } finally {
        busy--
      }
    }
    if (over) return never
    const here = calls.push(name) - 1 === at
    if (!here) {
      const result = await real()
      return over ? never : result
    }
    switch (fault) {
      case 'fail':
        throw injected(name)
      case 'torn':
        await half?.()
        throw injected(name)
      case 'lost answer':
        await real()
        throw injected(name)
      case 'crash after':
        over = true
        // A call may fail by itself; the process is gone all the same.
        await real().catch(() => {})
        break
      case 'crash before':
        over = true
        await half?.().catch(() => {})
    }
    crash()
    return never
  }

  const wrapFile = (file: DiskFile, path: string): DiskFile => ({
    read: (into, position) => act(`read ${path}`, () => file.read(into, position)),
    write: (bytes) =>
      act(
        `write ${path}`,
        () => file.write(bytes),
        () => file.write(bytes.subarray(0, bytes.length >> 1)),
      ),
    sync: () => act(`sync ${path}`, () => file.sync()),
    stat: () => act(`fstat ${path}`, () => file.stat()),
    // Closing frees what this process holds, whatever happens.
    close: () => (over ? file.close().then(() => never) : act(`close ${path}`, () => file.close())),
  })

  const disk: DiskIo = {
    open: async (path, mode) =>
      wrapFile(await act(`open ${mode} ${path}`, () => realDisk.open(path, mode)), path),
    readFile: (path) => act(`readFile ${path}`, () => realDisk.readFile(path)),
    link: (existing, path) => act(`link ${path}`, () => realDisk.link(existing, path)),
    unlink: (path) => act(`unlink ${path}`, () => realDisk.unlink(path)),
    rename: (from, to) => act(`rename ${to}`, () => realDisk.rename(from, to)),
    mkdir: (path) => act(`mkdir ${path}`, () => realDisk.mkdir(path)),
    rmdir: (path) => act(`rmdir ${path}`, () => realDisk.rmdir(path)),
    readdir: (path) => act(`readdir ${path}`, () => realDisk.readdir(path)),
    stat: (path) => act(`stat ${path}`, () => realDisk.stat(path)),
    lstat: (path) => act(`lstat ${path}`, () => realDisk.lstat(path)),
    realpath: (path) => act(`realpath ${path}`, () => realDisk.realpath(path)),
    copyFile: (from, to) => act(`copyFile ${to}`, () => realDisk.copyFile(from, to)),
    cloneFile: (from, to) => act(`cloneFile ${to}`, () => realDisk.cloneFile(from, to)),
    setTime: (path, ms) => act(`setTime ${path}`, () => realDisk.setTime(path, ms)),
    syncFolder: (path) => act(`syncFolder ${path}`, () => realDisk.syncFolder(path)),
    syncFile: (path) => act(`syncFile ${path}`, () => realDisk.syncFile(path)),
  }
  return { disk, calls, waiting, isBusy: () => busy > 0, crashed }
}

function injected(name: string): Error {
  return Object.assign(new Error(`EIO: injected at ${name}`), { code: 'EIO' })
}
