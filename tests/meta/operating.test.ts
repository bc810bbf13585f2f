import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { sourcesBelow } from '../../scripts/docs/collectErrors.ts'
import { plantedTruth, simulateLanding } from '../../topologies/simulators/writeLanding.ts'
import { root } from './codeBlocks.ts'

const guide = readFileSync(join(root, 'docs/operating.md'), 'utf8')
const rows = (heading: string): string[] =>
  guide
    .split(`## ${heading}`)[1]!
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'))

test('the guide has every option of the platform, and no other', async () => {
  const full = join(root, 'topologies/full.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [full, '--help'])
  const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, name]) => name)
  const told = [
    ...rows('Options')
      .join('\n')
      .matchAll(/`(--[a-z-]+)/g),
  ].map(([, name]) => name)
  expect(told.toSorted()).toEqual(options.toSorted())
})

test('the guide has every event of the log, with its level', () => {
  const logged = new Set<string>()
  for (const path of sourcesBelow(join(root, 'src'))) {
    const calls = readFileSync(path, 'utf8').matchAll(
      /\blog(?:ger)?\.(info|warn|error)\(\s*'([a-z_]+)'/g,
    )
    for (const [, level, event] of calls) logged.add(`| \`${event}\` | ${level} |`)
  }
  expect(logged.size).toBeGreaterThan(10)
  expect([...logged].filter((row) => !guide.includes(row))).toEqual([])
  const told = [...guide.matchAll(/^\| `[a-z_]+` \| (?:info|warn|error) \|/gm)].map(([row]) => row)
  expect(told.filter((row) => !logged.has(row))).toEqual([])
})

test('the codes that the guide explains exist', () => {
  const errors = readFileSync(join(root, 'docs/errors.md'), 'utf8')
  const told = [...guide.matchAll(/`(SBX_[A-Z_]+)`/g)].map(([, code]) => code)
  expect(told.filter((code) => !errors.includes(`| \`${code}\` |`))).toEqual([])
})

test('the README shows what a run really finds', async () => {
  const landing = await mkdtemp(join(tmpdir(), 'sluicebox-readme-'))
  await simulateLanding({ landing, events: 100_000, seed: 1 })
  const planted = Object.values((await plantedTruth(landing)).platforms)
  const sum = (what: 'read' | 'written' | 'duplicate'): string =>
    planted.reduce((all, platform) => all + platform[what], 0).toLocaleString('en-US')
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(
    `read ${sum('read')} · written ${sum('written')} · duplicate ${sum('duplicate')}`,
  )
  await rm(landing, { recursive: true })
})

test('links between documents lead somewhere', () => {
  for (const file of [
    'README.md',
    'CONTRIBUTING.md',
    'docs/architecture.md',
    'docs/operating.md',
  ]) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, link] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(() => readFileSync(join(root, file, '..', link!)), `${file}: ${link}`).not.toThrow()
    }
  }
})
