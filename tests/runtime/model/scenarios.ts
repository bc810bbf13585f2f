import type { Scenario } from './scenario.ts'

const plain: Scenario = {
  name: 'silver',
  attempts: 2,
  reclaims: 1,
  records: 2,
  sinks: ['silver'],
  store: 'folder',
  stateObjects: false,
  lostAnswers: true,
  flying: 1,
  onlyCommitsFly: false,
  cleaning: true,
  ahead: false,
  surveys: false,
  compactions: 0,
  vacuums: 0,
  expiries: 0,
  ticks: 0,
  fenceTicks: 2,
  mutation: {},
}

/** What every test run explores to the end. */
export const scenarios: readonly Scenario[] = [
  plain,
  { ...plain, name: 'bronze in a folder', sinks: ['bronze'] },
  {
    ...plain,
    name: 'bronze in a bucket',
    sinks: ['bronze'],
    store: 'bucket',
    expiries: 1,
    flying: 0,
  },
  { ...plain, name: 'state objects', stateObjects: true, sinks: [], surveys: true },
  { ...plain, name: 'compaction', compactions: 1, vacuums: 1, reclaims: 0, flying: 0 },
  {
    ...plain,
    name: 'two compactions',
    attempts: 1,
    reclaims: 0,
    compactions: 2,
    vacuums: 1,
    flying: 0,
  },
  { ...plain, name: 'gold in a folder', sinks: ['gold'], flying: 0 },
  { ...plain, name: 'gold in a bucket', sinks: ['gold'], store: 'bucket', flying: 0 },
  { ...plain, name: 'preparing ahead', ahead: true, flying: 0 },
  { ...plain, name: 'fence', sinks: [], ticks: 2, flying: 0, cleaning: false, lostAnswers: false },
]

/** What takes minutes: one process more, and with two of them more that goes wrong at a time. */
export const longScenarios: readonly Scenario[] = [
  ...scenarios.map((scenario) => ({
    ...scenario,
    name: `${scenario.name}, ${scenario.attempts + 1} attempts`,
    attempts: scenario.attempts + 1,
    flying: 0,
    // A third process does what a second life of the first two would.
    ...(scenario.name === 'fence' && { reclaims: 0 }),
    // Vacuum deletes more than cleaning does; together they are too much for three.
    ...(scenario.name === 'compaction' && { cleaning: false, lostAnswers: false }),
  })),
  ...scenarios
    .filter(({ flying }) => flying === 0)
    .map((scenario) => ({
      ...scenario,
      name: `${scenario.name}, one request late`,
      flying: 1,
      onlyCommitsFly: scenario.ticks > 0 || scenario.compactions > 0,
    })),
  { ...plain, name: 'silver, two requests late', flying: 2, onlyCommitsFly: true },
  { ...plain, name: 'silver, taken back twice', reclaims: 2 },
  {
    ...plain,
    name: 'everything together',
    sinks: ['bronze', 'silver'],
    stateObjects: true,
    ahead: true,
    surveys: true,
    compactions: 1,
    vacuums: 1,
    reclaims: 0,
    flying: 0,
  },
]
