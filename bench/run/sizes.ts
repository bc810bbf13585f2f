import type { Size } from './part.ts'

/** What the figures of the documentation are measured with. */
export const WHOLE: Size = {
  ...{ tweets: 1_000_000, steady: 4_000_000, rounds: 5, threads: [1, 2, 4] },
  peers: ['polars', 'bytewax', 'spark', 'spark-streaming', 'flink', 'flink-batch'],
  inputs: [250_000, 1_000_000, 4_000_000, 10_000_000],
  posts: 1_300_000,
  ...{ seconds: 60, rates: [1000, 10_000], keys: 20_000_000 },
  windows: [1_000_000, 10_000_000, 50_000_000],
  events: 500_000,
}

/** Takes minutes and shows only that everything runs. */
export const QUICK: Size = {
  ...{ tweets: 20_000, steady: 20_000, rounds: 1, threads: [1, 2], peers: WHOLE.peers },
  inputs: [10_000, 20_000, 40_000],
  posts: 13_000,
  ...{ seconds: 5, rates: [1000], keys: 200_000 },
  windows: [100_000, 200_000],
  events: 20_000,
}
