import { measure, mebibytes, table, thousands, type Section, type Size } from './section.ts'

interface DedupResult {
  readonly side: string
  readonly records: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly bytes: number
  readonly rss: number
}

/** `windowDedup` alone. */
export function dedup({ keys }: Size): Section {
  const results = measure<readonly DedupResult[]>('windowDedup.ts', ['--keys', String(keys)])
  const rows = results.map(({ side, records, seconds, cpuSeconds, bytes, rss }) => [
    side === 'set' ? '`Set<string>`' : `\`windowDedup\`, ${side}`,
    thousands(records / seconds),
    `${thousands((cpuSeconds * 1e9) / records)} ns`,
    (bytes / keys).toFixed(1),
    mebibytes(rss),
  ])
  const head = ['', 'records/s', 'CPU a record', 'bytes a key', 'memory']
  return {
    title: 'windowDedup',
    text: `${thousands(keys)} keys in the window, every tenth record a repeat, all of them found.\n\n${table(head, rows)}`,
  }
}

interface Simulated {
  readonly name: string
  readonly perSecond: number
  readonly perCpuSecond: number
  readonly peerPerCpuSecond?: number
}

/** The simulators. */
export function simulators({ events }: Size): Section {
  const results = measure<readonly Simulated[]>('simulators.ts', ['--events', String(events)])
  const rows = results.map(({ name, perSecond, perCpuSecond, peerPerCpuSecond }) => [
    name,
    thousands(perSecond),
    thousands(perCpuSecond),
    peerPerCpuSecond === undefined ? '' : `${(perCpuSecond / peerPerCpuSecond).toFixed(1)} ×`,
  ])
  const head = ['', 'events/s', 'a CPU second', 'Faker for every field']
  return { title: 'Simulators', text: table(head, rows) }
}

interface Started {
  readonly side: string
  readonly leastMs: number
  readonly medianMs: number
  readonly medianCpuMs?: number
}

/** From the start of the process. */
export function startUp({ rounds }: Size): Section {
  const figures = measure<readonly Started[]>('startUp.ts', ['--rounds', String(rounds * 4)])
  const rows = figures.map(({ side, leastMs, medianMs, medianCpuMs }) => [
    side,
    `${thousands(medianMs)} ms`,
    `${thousands(leastMs)} ms`,
    medianCpuMs === undefined ? '' : `${thousands(medianCpuMs)} ms`,
  ])
  const head = ['', 'median', 'least', 'CPU']
  return {
    title: 'Start',
    text: `\`node topologies/full.ts\`, beside Node itself.\n\n${table(head, rows)}`,
  }
}
