import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Part } from './part.ts'
import { keptResult, type Kept } from './results.ts'
import { table, type Claim } from './section.ts'

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench\` from the results in [benchmarks/](benchmarks); \`npm run bench -- --only <part>\` measures a part
again and leaves the others as they are. Every side of a comparison does the same work in the same run, in alternating
rounds, each as a process of its own that is watched from outside with all that it starts: from its start to its end, the
processor's time and the most memory at once. What the sides wrote is read back and compared. Peers from PyPI are pinned
in [bench/peers/](../bench/peers), installed at their first use, and never run in CI.`

/**
 * Writes the page and its pictures from what is kept of each part. What people have to say of a part, such as what
 * bounds it where it misses its target, lies beside its result as `<part>.md`.
 */
export function writePage(out: string, parts: Readonly<Record<string, Part<unknown>>>): void {
  const folder = join(out, 'benchmarks')
  const claims: Claim[] = []
  const newest = Object.keys(parts)
    .flatMap((name) => keptResult(folder, name) ?? [])
    .toSorted((a, b) => a.measured.localeCompare(b.measured))
    .at(-1)
  const sections = Object.entries(parts).flatMap(([name, part]) => {
    const kept = keptResult(folder, name)
    if (kept === undefined) {
      const words = `Not measured yet: \`npm run bench -- --only ${name}\`, some ${part.minutes} minutes.`
      return [`## ${part.title}`, words]
    }
    const section = part.show(kept.result, kept.size)
    claims.push(...(section.claims ?? []))
    const { chart } = section
    if (chart !== undefined) writeFileSync(join(folder, `${chart.name}.svg`), chart.svg)
    const picture = chart === undefined ? [] : [`![${part.title}](benchmarks/${chart.name}.svg)`]
    const shown = [section.text, ...picture, ...note(folder, name), origin(name, kept, newest!)]
    return [`## ${part.title}`, ...shown]
  })
  const machine = newest === undefined ? [] : [`Machine: ${newest.machine}.`]
  const page = [INTRODUCTION, ...machine, ...summary(claims), ...sections]
  writeFileSync(join(out, 'benchmarks.md'), `${page.join('\n\n')}\n`)
}

function summary(claims: readonly Claim[]): readonly string[] {
  if (claims.length === 0) return []
  const rows = claims.map((one) => [
    one.what,
    one.measured,
    one.target,
    one.isMet ? 'met' : '**missed**',
  ])
  return ['## Targets', table(['', 'measured', 'target', ''], rows)]
}

function note(folder: string, name: string): readonly string[] {
  const file = join(folder, `${name}.md`)
  return existsSync(file) ? [readFileSync(file, 'utf8').trim()] : []
}

function origin(name: string, kept: Kept, newest: Kept): string {
  const { measured, commit, machine, minutes, isQuick } = kept
  const where = machine === newest.machine ? '' : `, on ${machine}`
  const warning = isQuick ? ' **A try: its figures mean little.**' : ''
  const command = `npm run bench -- --only ${name}${isQuick ? ' --quick' : ''}`
  return `<sub>\`${command}\`: ${minutes} min on ${measured}, commit ${commit}${where}.${warning}</sub>`
}
