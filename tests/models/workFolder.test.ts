import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeWorkFolder } from '../../src/models/workFolder.ts'

it('removes folders of dead processes of this host, and no others', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'sluicebox-test-work-'))
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  const host = encodeURIComponent(hostname()).slice(0, 64)
  // Beyond the highest pid that Linux gives.
  const dead = `sluicebox-models-${host}-4194305-abcdef`
  const others = [`sluicebox-models-elsewhere.${host}-4194305-abcdef`, 'something-else']
  for (const name of [dead, ...others]) await mkdir(join(parent, name))
  const first = await makeWorkFolder(parent)
  const second = await makeWorkFolder(parent)
  const expected = [...others, ...[first, second].map((path) => path.slice(parent.length + 1))]
  expect((await readdir(parent)).sort()).toEqual(expected.sort())
})
