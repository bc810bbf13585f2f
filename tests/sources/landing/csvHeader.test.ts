import { describe, expect, it } from 'vitest'
import { csvHeader } from '../../../src/sources/landing/csvHeader.ts'

const header = (text: string, complete = true) => csvHeader(Buffer.from(text), complete)

describe('csvHeader', () => {
  it.each([
    ['id,text\n1,2\n', ['id', 'text']],
    ['\ufeffid,text\r\n', ['id', 'text']],
    ['"id","te ""x"", y\n",z\n', ['id', 'te "x", y\n', 'z']],
    ['id,,\n', ['id', '', '']],
    ['a"b,"c"d\n', ['a"b', 'cd']],
    ['\r\n\nid\n', ['id']],
    ['id', ['id']],
    ['', []],
  ])('%j', (text, columns) => {
    expect(header(text)?.columns).toEqual(columns)
  })
  it('keeps its bytes, with all that stands before the first row', () => {
    expect(Buffer.from(header('\ufeff\nid\r\n1\n')!.bytes).toString()).toBe('\ufeff\nid\r\n')
  })
  it('tells by its own line end what ends records', () => {
    expect(header('a,b\r1,2\r')).toMatchObject({ lineEnd: 'cr', columns: ['a', 'b'] })
    expect(header('a,b\r\n1,2\r\n')?.lineEnd).toBe('lf')
    expect(header('a,"b\rc"\n1,2\n')?.lineEnd).toBe('lf')
  })
  it('is not known before its line has ended', () => {
    expect(header('id,te', false)).toBeUndefined()
    expect(header('id,"te\n', false)).toBeUndefined()
    expect(header('id\r', false)).toBeUndefined()
    expect(header('id\r1', false)?.lineEnd).toBe('cr')
    expect(header('id\n', false)?.ended).toBe(true)
  })
  it('may be the whole file', () => {
    expect(header('id,text')).toMatchObject({ ended: false, columns: ['id', 'text'] })
  })
})
