import { expect, test } from 'vitest'
import { growth, soak } from '../../bench/soak.ts'

// The short form; `node bench/soak.ts` is the long one.

test('half a minute of streaming: everything counted, no handle kept open', async () => {
  const lines: string[] = []
  const { samples, total, expected } = await soak({
    ...{ events: 15_000, rate: 500, everyMs: 2000 },
    ...{
      args: ['--epoch', '500', '--gold-interval', '5'],
      say: (line: string) => lines.push(line),
    },
  })
  expect(total.records).toMatchObject(expected)
  expect(samples.length).toBeGreaterThan(6)
  expect(growth(samples, 'handles'), lines.join('\n')).toBeLessThan(0.25)
  expect(Math.max(...samples.map(({ rssMiB }) => rssMiB)), lines.join('\n')).toBeLessThan(1200)
})
