import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'

const GIB = 2 ** 30

/** On what was measured. */
export function thisMachine(): string {
  const processors = cpus()
  const memory = `${Math.round(totalmem() / GIB)} GiB`
  const software = `Linux ${release()}, Node ${process.versions.node}`
  return `${processors.length} cores (${processors[0]?.model ?? 'unknown'}), ${memory}, ${software}`
}

/** Of which commit. */
export function thisCommit(): string {
  const git = (...args: string[]): string => execFileSync('git', args).toString().trim()
  const changed = git('status', '--porcelain', '--', 'src', 'topologies', 'bench') !== ''
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' with changes' : ''}`
}
