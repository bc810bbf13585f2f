import { defineConfig } from 'vitest/config'

/** The machine may be busy: what comes is waited for. */
const POLL = { timeout: 30_000 }

export default defineConfig({
  test: {
    // By itself vitest leaves one core idle: on a machine with two that is half of it.
    maxWorkers: '100%',
    // A buffer that is looked at after it was given back is seen by every test that it passes.
    env: { SLUICEBOX_POISON_BUFFERS: '1' },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/integration/**', 'tests/faults/full/**'],
          testTimeout: 120_000,
          expect: { poll: POLL },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 300_000,
          expect: { poll: POLL },
          hookTimeout: 900_000,
        },
      },
    ],
  },
})
