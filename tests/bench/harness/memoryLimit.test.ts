import { expect, test } from 'vitest'
import { memoryLimit } from '../../../bench/harness/memoryLimit.ts'
import { runWatched } from '../../../bench/harness/runWatched.ts'

const MIB = 2 ** 20
const holding = (mib: number) => ({
  command: process.execPath,
  args: ['-e', `console.log(Buffer.alloc(${mib} * 2 ** 20, 1).length)`],
})
const limit = memoryLimit(256 * MIB)

test.skipIf(limit === undefined)('the kernel ends who takes more, and nobody else', async () => {
  try {
    const { answer } = await runWatched(limit!.around(holding(100)))
    expect(answer.trim()).toBe(String(100 * MIB))
    await expect(runWatched(limit!.around(holding(400)))).rejects.toThrow('ended with')
    expect(limit!.reclaims()).toBeGreaterThan(0)
  } finally {
    limit!.remove()
  }
})
