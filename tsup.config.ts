import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    testing: 'src/testing/index.ts',
    s3: 'src/lake/s3.ts',
    parquet: 'src/sinks/parquet.ts',
    duckdb: 'src/models/index.ts',
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
