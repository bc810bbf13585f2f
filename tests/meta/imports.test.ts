import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const src = join(root, 'src')

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)))

const text = (file: string): string => readFileSync(join(src, file), 'utf8')
const layerOf = (file: string): string => (file.includes('/') ? file.split('/')[0]! : 'entry')

/** What each layer may import beside itself. Siblings do not import each other. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  lake: ['core'],
  operators: ['core'],
  kafka: ['core'],
  sources: ['core', 'lake', 'kafka'],
  sinks: ['core', 'lake', 'kafka'],
  models: ['core', 'lake'],
  quality: ['core', 'lake'],
  lineage: ['core'],
  runtime: ['core', 'lake'],
  testing: ['core', 'lake', 'sinks', 'runtime'],
}

describe('the layers of src/', () => {
  test.each(files.filter((file) => layerOf(file) !== 'entry'))(
    '%s imports downwards only',
    (file) => {
      const layer = layerOf(file)
      const allowed = MAY_IMPORT[layer]
      expect(allowed, `src/${layer} is a folder that no rule speaks of`).toBeDefined()
      const imported = [...text(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(
        ([, path]) => layerOf(relative(src, resolve(src, dirname(file), path!))),
      )
      expect(imported.filter((other) => other !== layer && !allowed!.includes(other))).toEqual([])
    },
  )

  test.each(files)('%s can be read in one sitting', (file) => {
    expect(text(file).split('\n').length).toBeLessThanOrEqual(300)
  })

  test('has no default exports, no export *, no dumping grounds', () => {
    const bad = files.filter(
      (file) =>
        /^export (default|\*)/m.test(text(file)) ||
        /(^|\/)(utils|helpers|common|types)\.ts$/.test(file),
    )
    expect(bad).toEqual([])
  })
})
