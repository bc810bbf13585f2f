import * as v from 'valibot'
import { expect, test } from 'vitest'
import { projection } from '../../../../src/core/projection/projection.ts'
import { readRows } from './readRows.ts'

const Note = v.object({ text: v.string() })
const toNote = projection(Note, Note, ({ text }) => ({ text }))

test('takes hexadecimal digits for an escape, and nothing that lies beside them', () => {
  const digits = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter(
    (character) => character > ' ' && !'"\\'.includes(character),
  )
  const records = digits.map((digit) => String.raw`{"text":"\u00${digit}1"}`)
  const isHex = (digit: string): boolean => /[\da-f]/i.test(digit)
  // Each by a reader of its own: after so many failures one tries another notation.
  const found = records.map((json) => readRows(Note, toNote, [json])[0])
  expect(found).toEqual(
    records.map((json, at) => (isHex(digits[at]!) ? (JSON.parse(json) as unknown) : undefined)),
  )
})
