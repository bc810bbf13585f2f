import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainContent } from '../../../src/sources/landing/content.ts'
import { cutElements, type CutElementsOptions } from '../../../src/sources/landing/cutElements.ts'
import { memoryFile } from './memoryFile.ts'

const run = async (text: string, options: Partial<CutElementsOptions> = {}) => {
  const bytes = Buffer.from(text)
  const cuts = cutElements({
    content: plainContent({ file: memoryFile(bytes, 5), size: bytes.length, from: 0 }),
    path: [],
    skip: 0,
    batchBytes: 16,
    maxRecordBytes: 100,
    ...options,
  })
  const elements: string[] = []
  for (;;) {
    const step = await cuts.next()
    if (step.done === true) return { elements, same: step.value }
    const { bytes: cut, bounds, first, count, tooLarge } = step.value
    if (tooLarge === undefined) expect(bounds).toHaveLength(count * 2)
    for (let i = 0; i < bounds.length; i += 2) {
      const element = Buffer.from(cut.subarray(bounds[i], bounds[i + 1])).toString()
      elements.push(`${first + i / 2} ${element}`)
    }
    if (tooLarge !== undefined) {
      elements.push(`${first} too large ${tooLarge} ${Buffer.from(cut).toString()}`)
    }
  }
}

describe('cutElements', () => {
  it('hands the elements over with their numbers, byte for byte', async () => {
    expect(await run(' [ {"a": 1}, null ,"x" ]')).toEqual({
      elements: ['0 {"a": 1}', '1 null', '2 "x"'],
      same: true,
    })
  })
  it('goes on behind elements that were handed over before', async () => {
    expect((await run('[1,2,3]', { skip: 2 })).elements).toEqual(['2 3'])
  })
  it('keeps the beginning of an element over the limit and goes on behind it', async () => {
    const long = JSON.stringify('x'.repeat(200))
    const { elements } = await run(`{"items":[1,${long},2,3]}`, {
      path: ['items'],
      maxRecordBytes: 20,
    })
    expect(elements).toEqual(['0 1', `1 too large 202 "${'x'.repeat(19)}`, '2 2', '3 3'])
  })
  it('notices a document that changed since it was surveyed', async () => {
    expect((await run('[1,2')).same).toBe(false)
  })
  it('gives the same elements for any batch size and from any element', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.json({ maxDepth: 2 })),
        fc.integer({ min: 1, max: 80 }),
        fc.nat(5),
        async (values, batchBytes, skip) => {
          const options = { batchBytes, skip, maxRecordBytes: 25 }
          const expected = values.map((value, number) =>
            Buffer.byteLength(value) > 25
              ? `${number} too large ${Buffer.byteLength(value)} ${Buffer.from(value).subarray(0, 25).toString()}`
              : `${number} ${value}`,
          )
          expect((await run(`[${values.join(' , ')}]`, options)).elements).toEqual(
            expected.slice(skip),
          )
        },
      ),
      { numRuns: 500 },
    )
  })
})
