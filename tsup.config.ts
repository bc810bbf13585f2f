import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    kafka: 'src/kafka.ts',
    parquet: 'src/parquet.ts',
    duckdb: 'src/duckdb.ts',
    quality: 'src/quality.ts',
    testing: 'src/testing/index.ts',
    // Not for import: worker threads start here.
    worker: 'src/runtime/worker.ts',
  },
  format: ['esm'],
  target: 'node22',
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  splitting: true,
  clean: true,
  sourcemap: true,
})
