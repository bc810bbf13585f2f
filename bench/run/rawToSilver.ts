import { barChart } from '../charts/barChart.ts'
import { lineChart } from '../charts/lineChart.ts'
import { measurePeers } from './peerRuns.ts'
import { mebibytes, table, thousands, type Section, type Size } from './section.ts'

const OURS = 'sluicebox'
const OWN = [OURS, 'with-bronze']
const THREADS = 2

/** The job beside every peer. */
export function throughput({ tweets, rounds, sides }: Size): Section {
  const { bytes, figures } = measurePeers(tweets, rounds, sides, THREADS)
  const ours = figures.find(({ side }) => side === OURS)!
  const rows = figures.map((one) => [
    one.name,
    thousands(one.rate),
    `${one.medianSeconds.toFixed(2)} s`,
    `${one.leastSeconds.toFixed(2)} s`,
    one.cpuSeconds.toFixed(1),
    mebibytes(one.rss),
    `${(ours.rate / one.rate).toFixed(2)} ×`,
  ])
  const head = ['', 'records/s', 'median', 'least', 'CPU s', 'peak memory', 'Sluicebox is at']
  const left = figures.map(({ name, leavesOut }) => `- ${name}: ${leavesOut}`)
  const size = `${thousands(tweets)} tweets, ${thousands(bytes / 1e6)} MB, ${THREADS} threads`
  return {
    title: 'Raw files to Silver',
    text: [
      `NDJSON, validated, the first of each id, zstd Parquet by platform and day: ${size}, ${rounds} rounds in turns.`,
      'Each run is a process, with all that it starts, from its start to its end. The rows of all sides were read back and are the same.',
      '',
      table(head, rows),
      '',
      'What each leaves out of the job:',
      '',
      ...left,
    ].join('\n'),
    chart: {
      name: 'throughput',
      svg: barChart(
        { title: 'Raw files to Silver', note: `records a second, median; more is better; ${size}` },
        figures.map(({ name, rate, rss, side }) => ({
          label: name,
          value: rate,
          isOurs: OWN.includes(side),
          remark: mebibytes(rss),
        })),
      ),
    },
  }
}

/** Peak memory over the input's size. */
export function memory({ inputs }: Size): Section {
  const sides = [...OWN, 'duckdb']
  const measured = inputs.map((tweets) => measurePeers(tweets, 1, sides, THREADS).figures)
  const names = measured[0]!.map(({ name }) => name)
  const rows = names.map((name, index) => [
    name,
    ...measured.map((figures) => mebibytes(figures[index]!.rss)),
  ])
  return {
    title: 'Memory over the size of the input',
    text: table(['peak memory', ...inputs.map((tweets) => `${thousands(tweets)} tweets`)], rows),
    chart: {
      name: 'memory',
      svg: lineChart(
        { title: 'Memory over the size of the input', note: 'raw files to Silver; less is better' },
        { x: 'tweets', y: 'peak MiB' },
        names.map((label, index) => ({
          label,
          points: inputs.map((x, at) => ({ x, y: measured[at]![index]!.rss / 2 ** 20 })),
        })),
      ),
    },
  }
}

/** The job on one thread and on more. */
export function scaling({ tweets, rounds, threads }: Size): Section {
  const sides = ['sluicebox', 'duckdb']
  const measured = threads.map((count) => measurePeers(tweets, rounds, sides, count).figures)
  const names = measured[0]!.map(({ name }) => name)
  const rows = names.map((name, index) => [
    name,
    ...measured.map((figures) => {
      const { rate } = figures[index]!
      return `${thousands(rate)} (${(rate / measured[0]![index]!.rate).toFixed(2)} ×)`
    }),
  ])
  return {
    title: 'Threads',
    text: table(['records/s', ...threads.map((count) => `${count} threads`)], rows),
    chart: {
      name: 'threads',
      svg: lineChart(
        { title: 'Scaling over threads', note: `raw files to Silver, ${thousands(tweets)} tweets` },
        { x: 'threads', y: 'records/s' },
        names.map((label, index) => ({
          label,
          points: threads.map((x, at) => ({ x, y: measured[at]![index]!.rate })),
        })),
      ),
    },
  }
}
