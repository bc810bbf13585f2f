import { styleText } from 'node:util'
import type { BuildReport } from '../../src/duckdb.ts'
import type { Counts, Summary } from './summary.ts'
import type { TruthCheck } from './truth.ts'

const n = (value: number): string => value.toLocaleString('en-US')
const bold = (text: string): string => styleText('bold', text, { stream: process.stdout })
const dim = (text: string): string => styleText('dim', text, { stream: process.stdout })
const good = (text: string): string => styleText('green', text, { stream: process.stdout })
const bad = (text: string): string => styleText('red', text, { stream: process.stdout })

/** The end of a run for people: a table a layer, what was planted and found, where the data is. */
export function report(
  summary: Summary,
  where: { readonly lake: string; readonly gold: BuildReport | undefined },
  truth: readonly TruthCheck[] | undefined,
): string {
  const { records, total, duration_seconds: seconds, epochs } = summary
  const rate = seconds > 0 ? ` · ${n(Math.round(records.read / seconds))} records/s` : ''
  const lines = [
    '',
    bold(`  ${n(records.read)} records in ${seconds.toFixed(1)} s`) +
      dim(`${rate} · ${epochs} epochs`),
    '',
    ...layers(summary),
    ...quarantine(summary),
    ...gold(summary, where.gold),
    ...(truth === undefined ? [] : planted(truth)),
    `  ${bold('Where')}   ${where.lake}`,
    dim(`          Delta tables: silver/posts, quarantine, gold/*   raw bytes: bronze/`),
    ...(summary.gold_version === null
      ? []
      : [dim('          one DuckDB file for your SQL: gold/gold.duckdb')]),
  ]
  if (records.read === 0 && total.records.read > 0) {
    lines.splice(
      1,
      1,
      bold('  Nothing new to read') +
        dim(` · the lake holds ${n(total.records.read)} records' worth`),
    )
  }
  return `${lines.join('\n')}\n`
}

function layers({ by_platform: now, total }: Summary): string[] {
  const columns = ['read', 'written', 'duplicate', 'late', 'rejected', 'repaired'] as const
  const cell = (value: number): string => n(value).padStart(11)
  const row = (label: string, counts: Counts): string =>
    `  ${label.padEnd(10)}${columns.map((column) => cell(counts[column])).join('')}`
  return [
    dim(`  ${'Silver'.padEnd(10)}${columns.map((column) => column.padStart(11)).join('')}`),
    ...Object.entries(now).map(([platform, counts]) => row(platform, counts)),
    bold(row('all so far', total.records)),
    '',
  ]
}

function quarantine({ total }: Summary): string[] {
  const reasons = Object.entries(total.rejected_by).sort(([, a], [, b]) => b - a)
  if (reasons.length === 0 && total.records.late === 0) return []
  const list = reasons.map(([reason, count]) => `${reason} ${n(count)}`)
  if (total.records.late > 0) list.push(`late ${n(total.records.late)}`)
  return [`  ${dim('Quarantine')}  ${list.join(dim(' · '))}`, '']
}

function gold(summary: Summary, build: BuildReport | undefined): string[] {
  if (summary.gold_version === null) return []
  const head = dim(`  Gold, version ${summary.gold_version}`)
  if (build === undefined) return [`${head}${dim(' (unchanged)')}`, '']
  const { rows, checks } = build
  const width = Math.max(...Object.keys(rows).map((name) => name.length))
  const most = Math.max(1, ...Object.values(rows))
  const bars = Object.entries(rows).map(([name, count]) => {
    const bar = '█'.repeat(Math.max(1, Math.round((count / most) * 24)))
    return `  ${name.padEnd(width)} ${n(count).padStart(10)}  ${dim(bar)}`
  })
  const failed = checks.filter(({ failures }) => failures > 0)
  const passed = good(`${n(checks.length - failed.length)} passed`)
  const warned = failed.length === 0 ? '' : `${dim(' · ')}${bad(`${n(failed.length)} warned`)}`
  return [head, ...bars, '', `  ${dim('Checks')}  ${passed}${warned}`, ...failed.map(line), '']
}

const line = ({ name, failures }: BuildReport['checks'][number]): string =>
  dim(`          ${name}: ${n(failures)}`)

function planted(checks: readonly TruthCheck[]): string[] {
  const wrong = checks.filter(({ expected, got }) => expected !== got)
  const list = checks.map(({ what, expected, got }) =>
    expected === got ? good(`${what} ${n(got)}`) : bad(`${what} ${n(expected)} ≠ ${n(got)}`),
  )
  return [
    `  ${bold('Planted truth')}  expected ${wrong.length === 0 ? good('=') : bad('≠')} got`,
    `  ${list.join(dim(' · '))}`,
    '',
  ]
}
