import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { staleDocuments } from '../../scripts/docs.ts'
import {
  blocksBeside,
  docstringExamples,
  documentedBlocks,
  folderOf,
  root,
  type CodeBlock,
} from './codeBlocks.ts'
import { typeCheck } from './typeCheck.ts'

const exec = promisify(execFile)

/** What the examples of docstrings take for granted; each has of everything what any of them uses. */
const PRELUDE = `
import type { Flow, Rejected, Shape, Stream, Topology, TableHandle, SinkHandle } from '${root}/src/index.ts'
interface Row {
  platform: string; id: string; lang: string; text: string; date: string
  createdAt: number; createdAtMs: number; hashtags: readonly string[]
}
type Handles = { tweets: Stream<Uint8Array>; silver: TableHandle<Row> }
declare global {
  type Post = Row
  const Post: import('valibot').GenericSchema<unknown, Row>
  const flow: Flow<true>
  const lake: string
  const brokers: string
  const topic: string
  const groupId: string
  const shapes: readonly [Shape<'tweet'>]
  const schemas: [import('valibot').ObjectSchema<{ shape: import('valibot').LiteralSchema<'tweet', undefined> }, undefined>]
  const topology: Topology<Handles>
  const tweetLake: (settings: { lake: string }) => Topology<Handles>
  const tweets: Stream<Uint8Array & Row, true>
  const files: Stream<Uint8Array, true>
  const videos: Stream<Uint8Array, true>
  const posts: Stream<Row, true>
  const cleaned: Stream<Row, true>
}
`
/** What must have been run before a document's code: its text says so. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  'docs/operating.md': ['topologies/full.ts', '--events', '2600'],
}
const blocks = [...documentedBlocks(), ...docstringExamples()]
const documents = [...new Set(blocks.map(({ document }) => document))]
const pathOf = (document: string, { file }: CodeBlock): string => join(folderOf(document), file)

describe('TypeScript in documents and docstrings', () => {
  let faults: ReadonlyMap<string, string[]>
  beforeAll(() => {
    const files = documents.flatMap((document) =>
      blocksBeside(document, blocks).map((block) => [pathOf(document, block), block.code] as const),
    )
    faults = typeCheck(new Map([...files, [join(root, '.prelude.ts'), PRELUDE]]))
  }, 120_000)

  test('is there', () => {
    expect(blocks.length).toBeGreaterThan(30)
  })
  test.each(blocks)('of $where passes the type-checker', (block) => {
    expect(faults.get(pathOf(block.document, block))).toEqual([])
  })
})

describe('TypeScript that is marked to be run', () => {
  const running = documents.filter((name) => blocks.some((b) => b.document === name && b.runs))
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluicebox-docs-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test.each(running)(
    'of %s does what it says',
    async (document) => {
      const here = await mkdtemp(join(folder, 'document-'))
      const beside = blocksBeside(document, blocks)
      const [program, ...options] = BEFORE[document] ?? []
      if (program !== undefined) {
        await exec(process.execPath, [join(root, program), ...options], { cwd: here })
      }
      for (const { file, code } of beside) await writeFile(join(here, file), code)
      for (const { file, runs, document: from } of beside) {
        if (!runs || from !== document) continue
        const preload = join(root, 'tests/meta/packageName.ts')
        await exec(process.execPath, ['--import', preload, file], { cwd: here })
      }
    },
    120_000,
  )
})

test('what is generated is up to date: `npm run docs` brings it there', async () => {
  const { stale, faults } = await staleDocuments()
  expect([...stale.keys()]).toEqual([])
  expect(faults).toEqual([])
})
