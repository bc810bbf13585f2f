import { describe, expect, it } from 'vitest'
import { giveBuffer, takeBuffer } from '../../../src/core/bufferPool.ts'
import type { Shape } from '../../../src/core/shape.ts'
import { recognise, type RecogniseOptions } from '../../../src/sources/landing/recognise.ts'

const has =
  (...wanted: string[]) =>
  (keys: readonly string[]) =>
    wanted.every((key) => keys.includes(key))
const SHAPES: readonly Shape[] = [
  { name: 'tweet', format: 'ndjson', matches: has('id', 'text') },
  { name: 'post', format: 'ndjson', matches: has('id') },
  { name: 'search', format: 'json', matches: has('id'), elements: ['statuses'] },
  { name: 'video', format: 'csv', matches: has('video_id') },
]
const say = (extension: string, text: string, rest: Partial<RecogniseOptions> = {}) => {
  const found = recognise({
    file: `a${extension}`,
    extension,
    shapes: SHAPES,
    sample: { bytes: Buffer.from(text), whole: true, skipped: false },
    settled: true,
    ...rest,
  })
  if (found === undefined) return 'later'
  const { format } = found
  if (format === 'unknown') return `unknown ${found.keys.join()}`
  return 'shape' in found ? `${format} ${found.shape}` : format
}
const open = { settled: false }
const anything = { shapes: undefined }

describe('recognise: lines and documents', () => {
  it.each([
    ['.ndjson', '{"id":1,"text":"x"}\n{"id":2}\n', 'lines tweet'],
    ['.ndjson', '{"id":1}\n{"id":2,"text":"x"}\n', 'lines tweet'],
    ['.ndjson', 'broken\n\n{"id":1}', 'lines post'],
    ['.ndjson', 'broken\n{"id":1,"te\n', 'lines tweet'],
    ['.ndjson', '{}\n[1]\n7\n', 'lines tweet'],
    ['.ndjson', '{"a":1}\n{"b":2,"a":3}\n', 'unknown a,b'],
    ['.ndjson', '\ufeff{"id":1}\n', 'lines post'],
    ['.json', '{"id":1}\n{"id":2}\n', 'lines post'],
    ['.json', '{"id":1}', 'lines post'],
    ['.json', '{"statuses":[{"id":1}]}', 'document'],
    ['.ndjson', '{"statuses":[{"id":1}]}', 'document'],
    ['.ndjson', '{\n "statuses": [\n  {"id":1}\n ]\n}\n', 'document'],
    ['.ndjson', '[\n{"id":1},\n{"id":2}\n]', 'document'],
    ['.ndjson', '[{"id":1}]', 'document'],
    ['.json', '[{"id":1},', 'document'],
    ['.json', '[\n{"id":1}', 'document'],
    ['.json', 'null', 'document'],
    ['.json', 'hello', 'document'],
    ['.json', 'hello\n{"id":1}\n', 'lines post'],
    // A line that was cut off is no document, whatever follows it.
    ['.ndjson', '{"id":1,"user":[\n{"id":2}\n{"id":3}\n', 'lines post'],
    ['.ndjson', '{"id":1,"user":[\n{"id":2}\n', 'lines post'],
    ['.ndjson', '{"id":1,"text":"a\n{"id":2}\n', 'lines post'],
    ['.ndjson', '', 'empty'],
    ['.json', ' \n\n', 'empty'],
  ])('%s %j: %s', (extension, text, expected) => {
    expect(say(extension, text)).toBe(expected)
  })

  it('takes what matches at once, and waits with everything else', () => {
    expect(say('.ndjson', '{"id":1}\n{"i', open)).toBe('lines post')
    expect(say('.ndjson', '{"id":1}', open)).toBe('later')
    expect(say('.ndjson', '{"a":1}\n', open)).toBe('document')
    expect(say('.ndjson', '{"a":1}\n{"b":1}\n', open)).toBe('later')
    expect(say('.ndjson', 'broken\n', open)).toBe('later')
    expect(say('.ndjson', 'broken\n'.repeat(100), open)).toBe('lines tweet')
    expect(say('.ndjson', '{"a":1}\n'.repeat(100), open)).toBe('later')
    expect(say('.ndjson', '\n', open)).toBe('later')
    expect(say('.ndjson', '{"a":1}\n', { ...open, ...anything })).toBe('lines ')
    expect(say('.ndjson', '{"a"', { ...open, ...anything })).toBe('later')
  })

  it('looks at a hundred lines', () => {
    expect(say('.ndjson', `${'x\n'.repeat(99)}{"id":1}\n`)).toBe('lines post')
    expect(say('.ndjson', `${'x\n'.repeat(100)}{"id":1}\n`)).toBe('lines tweet')
  })

  it('takes everything where no shapes are given', () => {
    expect(say('.ndjson', 'anything', anything)).toBe('lines ')
    expect(say('.ndjson', '{"a":1}', anything)).toBe('lines ')
    expect(say('.json', '{"a":1}', anything)).toBe('document')
    expect(say('.json', '{"a":1}\n{"a":2}', anything)).toBe('lines ')
    expect(say('.ndjson', '[1,2]', anything)).toBe('document')
  })

  it('knows lines behind some that are too long to be looked at', () => {
    const skipped = { bytes: Buffer.from('{"id":1}\n'), whole: true, skipped: true }
    expect(say('.ndjson', '', { sample: skipped })).toBe('lines post')
    expect(say('.json', '', { sample: skipped })).toBe('document')
    const nothing = { bytes: Buffer.from(''), whole: true, skipped: true }
    expect(say('.ndjson', '', { sample: nothing })).toBe('lines tweet')
  })

  it('does not try a document again that was none', () => {
    expect(say('.ndjson', '[\n{"id":1},\n{"id":2}\n', { noDocument: true })).toBe('lines post')
  })

  it('has no shape for lines where none is known', () => {
    const shapes = SHAPES.filter(({ format }) => format === 'csv')
    expect(say('.ndjson', 'broken\n', { shapes })).toBe('unknown ')
    expect(say('.csv', 'a,b\n', { shapes: [] })).toBe('unknown a,b')
  })

  it('lets a shape see the path of the file', () => {
    const matches = (_: readonly string[], file: string) => file === 'sub/x.ndjson'
    const shapes: Shape[] = [{ name: 'mine', format: 'ndjson', matches }]
    expect(say('.ndjson', '{"a":1}\n', { shapes, file: 'sub/x.ndjson' })).toBe('lines mine')
  })
})

describe('recognise: CSV', () => {
  it.each([
    ['title,video_id\n1,2\n', 'csv video'],
    ['\ufeff"video_id","ti\ntle"\r\n', 'csv video'],
    ['video_id', 'csv video'],
    ['a,b\n', 'unknown a,b'],
    ['{"video_id":1}\n', 'unknown {"video_id":1}'],
    ['\n\n', 'empty'],
  ])('%j: %s', (text, expected) => {
    expect(say('.csv', text)).toBe(expected)
  })
  it('waits for the end of the header', () => {
    expect(say('.csv', 'video_id,tit', open)).toBe('later')
    expect(say('.csv', 'a,b\n', open)).toBe('later')
    expect(say('.csv', 'video_id\n', open)).toBe('csv video')
  })
  it('knows no header that does not end', () => {
    const sample = { bytes: Buffer.alloc(65_536, 'x'), whole: false, skipped: false }
    expect(say('.csv', '', { sample })).toBe('unknown ')
  })
})

it('gives the buffer back in which it found the lines', () => {
  const text = `{"id":1,"more":"${'x'.repeat(500)}"}\n`.repeat(200)
  const spare = takeBuffer(text.length >>> 4)
  giveBuffer(spare)
  expect(say('.ndjson', text)).toBe('lines post')
  expect(takeBuffer(text.length >>> 4).buffer === spare.buffer).toBe(true)
})
