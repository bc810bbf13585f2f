import type { Clock } from '../../core/clock.ts'
import type { DiskIo } from '../../lake/diskIo.ts'

export interface PatientDiskOptions {
  readonly disk: DiskIo
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Faults that may be over in a moment: of networks, of devices, of a process at its limits. */
const PASSING = new Set([
  ...['EIO', 'EAGAIN', 'EBUSY', 'EINTR', 'ETIMEDOUT', 'ENOMEM', 'EMFILE', 'ENFILE'],
  ...['ENETDOWN', 'ENETUNREACH', 'EHOSTDOWN', 'EHOSTUNREACH', 'ECONNRESET'],
])
/** How long to wait before each further try, ms. */
const WAITS_MS = [50, 200, 800]
/** Of every minute no more than this is waited: a disk that is gone must not hold thousands of files up. */
const MOST_MS = 10_000
const MINUTE_MS = 60_000

/**
 * A disk whose reading calls are tried again where they fail in a way that may pass, so that one bad moment
 * does not condemn a file. What fails for good still rejects, after a second.
 */
export function patientDisk({ disk, clock, signal }: PatientDiskOptions): DiskIo {
  let minute = -Infinity
  let waitedMs = 0

  const mayWait = (delayMs: number): boolean => {
    if (clock.now() - minute >= MINUTE_MS) {
      minute = clock.now()
      waitedMs = 0
    }
    waitedMs += delayMs
    return waitedMs <= MOST_MS && !signal.aborted
  }

  const patiently = async <T>(call: () => Promise<T>): Promise<T> => {
    for (const delayMs of WAITS_MS) {
      try {
        return await call()
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException
        if (!PASSING.has(code) || !mayWait(delayMs)) throw error
      }
      await clock.sleep(delayMs, signal)
    }
    return call()
  }

  return {
    ...disk,
    async open(path, mode) {
      const file = await patiently(() => disk.open(path, mode))
      return {
        ...file,
        read: (into, position) => patiently(() => file.read(into, position)),
        stat: () => patiently(() => file.stat()),
      }
    },
    readdir: (path) => patiently(() => disk.readdir(path)),
    stat: (path) => patiently(() => disk.stat(path)),
    lstat: (path) => patiently(() => disk.lstat(path)),
    realpath: (path) => patiently(() => disk.realpath(path)),
  }
}
