import { describe, expect, test } from 'vitest'
import { shapeReaders } from '../../src/operators/decode/shapeReaders.ts'
import { validate } from '../../src/operators/validate.ts'
import { postFormats } from '../../topologies/postFormats.ts'

describe('the schema of each platform', () => {
  test.each(Object.entries(postFormats))('%s is compiled', (_, { schema }) => {
    expect(validate<unknown>(schema).checks).toBe(schema)
  })

  test.each(['twitter', 'reddit'] as const)('%s is read and checked at once', (platform) => {
    const { schema, shapes } = postFormats[platform]
    expect([...shapeReaders(schema, shapes).keys()]).toContain(platform)
  })
})
