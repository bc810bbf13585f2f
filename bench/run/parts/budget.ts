import { barChart } from '../../charts/barChart.ts'
import { measure, type Part } from '../part.ts'
import { claim, mebibytes, table } from '../section.ts'

const MEMORY = '512MB'

interface BudgetRun {
  readonly job: 'silver' | 'gold' | 'keys'
  readonly budgetBytes: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly rss: number
  readonly isLimited: boolean
  readonly isRight: boolean
}

const LABELS = {
  silver: 'the platform to Silver',
  gold: 'the platform to Gold',
  keys: 'every key remembered',
} as const

/** The same work with a budget for all memory and without. */
export const budget: Part<readonly BudgetRun[]> = {
  title: 'A memory budget',
  minutes: 9,
  measure: ({ posts, windows }) =>
    measure('memoryBudget.ts', [
      ...['--memory', MEMORY, '--posts', String(posts)],
      ...['--events', String(windows[1] ?? windows[0])],
    ]),
  show(runs) {
    const rows = runs.map((run) => [
      LABELS[run.job],
      run.budgetBytes === 0 ? 'none' : mebibytes(run.budgetBytes),
      run.budgetBytes === 0 ? '' : run.isLimited ? 'yes' : 'no',
      mebibytes(run.rss),
      `${run.seconds.toFixed(1)} s`,
      run.cpuSeconds.toFixed(1),
      run.isRight ? 'all found' : '**wrong**',
    ])
    const head = ['', 'budget', 'held by the kernel', 'peak memory', 'time', 'CPU s', 'planted']
    return {
      text: [
        `\`--memory ${MEMORY}\`: sources wait, keys go to disk, files are written early and DuckDB spills beyond it. The kernel counts the page cache too, and kills who needs more.`,
        '',
        table(head, rows),
      ].join('\n'),
      claims: runs
        .filter(({ budgetBytes }) => budgetBytes > 0)
        .map(({ job, rss, budgetBytes }) =>
          claim(`${LABELS[job]} in ${MEMORY}`, rss, { atMost: budgetBytes }, mebibytes),
        ),
      chart: {
        name: 'budget',
        svg: barChart(
          { title: 'Peak memory with a budget', note: `bytes; ${MEMORY} and no budget` },
          runs.map((run) => ({
            label: `${LABELS[run.job]}${run.budgetBytes === 0 ? '' : `, ${MEMORY}`}`,
            value: run.rss,
            isOurs: run.budgetBytes > 0,
            remark: `${run.seconds.toFixed(0)} s`,
          })),
        ),
      },
    }
  },
}
