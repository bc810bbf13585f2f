import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

const HOST = encodeURIComponent(hostname()).slice(0, 64)
const NAME = /^sluicebox-models-(.+)-(\d+)-[^-]+$/

/**
 * A local folder for builds in progress. `sluicebox-models-<host>-<pid>-<random>` says whose it is, so
 * that those of dead processes are removed.
 */
export async function makeWorkFolder(parent: string = tmpdir()): Promise<string> {
  for (const name of await readdir(parent)) {
    const [, host, pid] = NAME.exec(name) ?? []
    if (host === HOST && !isAlive(Number(pid))) {
      await rm(join(parent, name), { recursive: true, force: true })
    }
  }
  return mkdtemp(join(parent, `sluicebox-models-${HOST}-${process.pid}-`))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}
