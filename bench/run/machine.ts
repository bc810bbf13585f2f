import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'

const GIB = 2 ** 30

/** On what was measured, and of which commit. */
export function thisMachine(): string {
  const processors = cpus()
  const git = (...args: string[]): string => execFileSync('git', args).toString().trim()
  const changed = git('status', '--porcelain', '--', 'src', 'topologies', 'bench') !== ''
  return [
    `${processors.length} cores (${processors[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / GIB)} GiB,`,
    `Linux ${release()}, Node ${process.versions.node}, commit ${git('rev-parse', '--short', 'HEAD')}`,
    `${changed ? 'with changes' : ''}.`,
  ]
    .join(' ')
    .replace(' .', '.')
}
