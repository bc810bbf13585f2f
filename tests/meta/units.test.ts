import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportedUnits } from '../../scripts/docs/unitTable.ts'
import { root } from './codeBlocks.ts'

const units = exportedUnits(root)
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** Folders of units; what several units share lies deeper. */
const FOLDERS = ['src/operators', 'src/sources', 'src/sinks', 'src/sinks/delta']
/** Parts of units that stand among them. */
const PARTS = [
  'src/sinks/delta/deltaPublisher.ts',
  'src/sinks/delta/deltaTxn.ts',
  'src/sinks/delta/foldCommits.ts',
]

test('every file of a unit is exported from an entry point', () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => `${folder}/${name}`),
  ).filter((file) => !PARTS.includes(file))
  const exported = units.map(({ file }) => file)
  expect(files.filter((file) => !exported.includes(file))).toEqual([])
})

describe.each(units)('$name', ({ name, file, from, doc, kind }) => {
  test('has a test of its own', () => {
    expect(
      existsSync(join(root, file.replace('src/', 'tests/').replace(/\.ts$/, '.test.ts'))),
    ).toBe(true)
  })

  test('says what it does, what it guarantees, and how it is used', () => {
    expect(doc).toMatch(/^[A-Z][^]*\./)
    expect(doc).toMatch(kind === 'operator' ? /\*\*State/ : /\*\*Delivery/)
    expect(doc).toMatch(new RegExp(`@example\\n\`\`\`ts\\n[^]*\\b${name}\\b[^]*\`\`\``))
  })

  test('names the error codes that it throws', () => {
    const thrown = /new (?:Config|Source|Sink|Operator|Checkpoint)Error\(/.test(read(file))
    expect(thrown && !/@throws[^]*SBX_/.test(doc)).toBe(false)
  })

  test('is in the README with its import', () => {
    expect(read('README.md')).toContain(`[\`${name}\`](${file})`)
    expect(
      read('README.md')
        .split('\n')
        .find((line) => line.includes(`(${file})`)),
    ).toContain(`\`${from}\``)
  })
})
