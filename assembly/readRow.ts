import { COMMA, readField } from './field'
import { acceptFlag, acceptNumber, otherValue } from './host'
import { DAY_US, keepText, keepTime, keepWhole, MAY_BE_NULL, TAKES_WHOLE } from './keep'
import { putList, putNumber, putPair } from './keep'
import { addDistinctLower, addMarked, addSeparated, readTexts } from './list'
import { readNumber } from './number'
import { EXTRA_FULL, isPlace, ITEMS_FULL, last, MOST_SAFE, NO_TEXT, place, REFUSED } from './place'
import { beginJoined, closingQuote, joinText, QUOTE, readText, writePosition } from './text'

/** The record was read; otherwise it is left to others, or has to be read again with more room: see `place.ts`. */
const READ: usize = 3

/** The first of a step's four words, as `src/operators/decode/rows/rowProgram.ts` writes them. */
const TOKEN: i32 = 1
const TEXT: i32 = 2
const TIME: i32 = 3
const NUMBER: i32 = 4
const FLAG: i32 = 5
const TEXTS: i32 = 6
const VALUE: i32 = 7
const SUM: i32 = 8
const INGESTED_AT: i32 = 9
const POSITION: i32 = 10
const SECONDS: i32 = 11
const JOINED: i32 = 12
const MARKED: i32 = 13
const SEPARATED: i32 = 14
const WHOLE: i32 = 15
const FIELD: i32 = 16
const KEEP_TEXT: i32 = 17
const KEEP_TIME: i32 = 18
const KEEP_WHOLE: i32 = 19
const STEP_BYTES: usize = 16

/** What four characters are as a word. */
const NULL: u32 = 0x6c6c_756e
const TRUE: u32 = 0x6575_7274
const FALS: u32 = 0x736c_6166
const LETTER_E: u32 = 0x65

/** How many records `readRows` read last. */
export let rowsRead: usize = 0

/** Reads records into rows, one behind the other: READ, or why the record behind those that it read was not. */
export function readRows(row: usize, record: usize, end: usize): usize {
  rowsRead = 0
  for (; record < end; record++, row++) {
    const bounds = place.bounds + record * 8
    const from = place.batch + load<u32>(bounds)
    const to = place.batch + load<u32>(bounds, 4)
    const found = readRow(row, from, to, offsetOf(record))
    if (found != READ) return found
    rowsRead++
  }
  return READ
}

/** The same as `offsetAt` in `src/core/framedBatch.ts`. */
function offsetOf(record: usize): f64 {
  if (place.offsets > 0) return load<f64>(place.offsets + record * 8)
  return (
    place.firstOffset + (place.isCounted ? <f64>record : <f64>load<u32>(place.bounds + record * 8))
  )
}

/** Reads one record into a row. What is not read leaves no trace, also where a check threw. */
function readRow(row: usize, from: usize, end: usize, offset: f64): usize {
  place.item = place.itemKept
  place.extra = place.extraKept
  const found = walk(row, from, end, offset)
  if (found == READ) {
    place.itemKept = place.item
    place.extraKept = place.extra
  }
  return found
}

function walk(row: usize, from: usize, end: usize, offset: f64): usize {
  const texts = place.texts + row * place.textSlots * 8
  const numbers = place.numbers + row * place.numberSlots * 8
  const lists = place.lists + row * place.listSlots * 8
  let at = from
  let step = place.program
  for (;;) {
    const a = load<i32>(step, 4)
    const b = load<i32>(step, 8)
    const c = load<i32>(step, 12)
    const kind = load<i32>(step)
    step += STEP_BYTES
    switch (kind) {
      case TOKEN: {
        // In parts of 16 bytes, each with a mask of what there is of it.
        const behind = at + a
        if (behind > end) return REFUSED
        for (; at < behind; at += 16, step += 32) {
          const others = v128.xor(v128.load(at), v128.load(step))
          if (v128.any_true(v128.and(others, v128.load(step, 16)))) return REFUSED
        }
        at = behind
        continue
      }
      case TEXT: {
        if (a & MAY_BE_NULL) {
          if (isNull(at, end)) {
            at += 4
            putPair(texts, b, NO_TEXT, 0)
            continue
          }
          if (load<u8>(at++) != QUOTE) return REFUSED
        }
        at = readText(at, end)
        if (!isPlace(at)) return at
        if (!keepText(texts, a, b, c)) return REFUSED
        continue
      }
      case TIME: {
        const quote = closingQuote(at, end)
        if (quote == 0) return REFUSED
        last.start = at
        last.length = quote - at
        at = quote + 1
        if (!keepTime(texts, numbers, a, b, c)) return REFUSED
        continue
      }
      case WHOLE: {
        at = readText(at, end)
        if (!isPlace(at)) return at
        if (!keepWhole(texts, numbers, a, b)) return REFUSED
        continue
      }
      case FIELD: {
        at = readField(at, end)
        if (!isPlace(at)) return at
        const isLast = a != 0
        if (isLast ? at != end : at == end || load<u8>(at++) != COMMA) return REFUSED
        continue
      }
      case KEEP_TEXT: {
        if (!keepText(texts, a, b, c)) return REFUSED
        continue
      }
      case KEEP_TIME: {
        if (!keepTime(texts, numbers, a, b, c)) return REFUSED
        continue
      }
      case KEEP_WHOLE: {
        if (!keepWhole(texts, numbers, a, b)) return REFUSED
        continue
      }
      case NUMBER: {
        if (a & MAY_BE_NULL && isNull(at, end)) {
          at += 4
          putNumber(numbers, b, NaN)
          continue
        }
        at = readNumber(at, end)
        if (at == REFUSED) return REFUSED
        const isTaken = c < 0 || (a & TAKES_WHOLE && isWhole(last.number))
        if (!isTaken && !acceptNumber(c, last.number)) return REFUSED
        putNumber(numbers, b, last.number)
        continue
      }
      case FLAG: {
        if (a & MAY_BE_NULL && isNull(at, end)) {
          at += 4
          putNumber(numbers, b, NaN)
          continue
        }
        if (at + 4 > end) return REFUSED
        const word = load<u32>(at)
        at += 4
        if (word != TRUE) {
          if (word != FALS || at == end || load<u8>(at++) != LETTER_E) return REFUSED
        }
        if (c >= 0 && !acceptFlag(c, i32(word == TRUE))) return REFUSED
        putNumber(numbers, b, word == TRUE ? 1 : 0)
        continue
      }
      case TEXTS: {
        const first = place.item
        at = readTexts(at, end)
        if (!isPlace(at)) return at
        const behind = place.item
        putList(lists, a, first, behind)
        if (behind > first) putPair(texts, b, load<u32>(first), load<u32>(first, 4))
        else putPair(texts, b, NO_TEXT, 0)
        if (c >= 0) {
          const lowerEnd = addDistinctLower(first, behind)
          if (!isPlace(lowerEnd)) return lowerEnd
          putList(lists, c, behind, lowerEnd)
        }
        continue
      }
      case VALUE: {
        const behind = otherValue(a, at, end)
        if (behind < 0) return REFUSED
        at = behind
        continue
      }
      case SUM: {
        const sum = add(load<f64>(numbers + a * 8), load<f64>(numbers + b * 8))
        if (Math.trunc(sum) < sum || Math.trunc(sum) > sum || Math.abs(sum) > MOST_SAFE)
          return REFUSED
        putNumber(numbers, c, sum)
        continue
      }
      case INGESTED_AT: {
        putNumber(numbers, a, place.ingestedAtUs)
        continue
      }
      case POSITION: {
        if (!writePosition(offset)) return EXTRA_FULL
        putPair(texts, a, <u32>last.start, <u32>last.length)
        continue
      }
      case SECONDS: {
        const micros = Math.round(load<f64>(numbers + a * 8) * 1_000_000) + 0
        if (!(Math.abs(micros) <= MOST_SAFE)) return REFUSED
        putNumber(numbers, b, micros)
        putNumber(numbers, c, Math.floor(micros / DAY_US))
        continue
      }
      case JOINED: {
        // Its parts follow: a slot, or as many bytes as are always the same.
        beginJoined()
        for (let part = 0; part < b; part++) {
          const slot = load<i32>(step)
          const own = load<i32>(step, 4)
          step += STEP_BYTES
          const text = texts + slot * 8
          const isJoined =
            slot < 0 ? joinText(step, own) : joinText(load<u32>(text), load<u32>(text, 4))
          if (!isJoined) return EXTRA_FULL
          step += (own + STEP_BYTES - 1) & ~(STEP_BYTES - 1)
        }
        putPair(texts, a, <u32>last.start, <u32>last.length)
        continue
      }
      case MARKED:
      case SEPARATED: {
        const first = place.item
        const start = load<u32>(texts + a * 8)
        const length = load<u32>(texts + a * 8, 4)
        const isAdded =
          kind == MARKED ? addMarked(start, length, b) : addSeparated(start, length, b)
        if (!isAdded) return ITEMS_FULL
        const behind = place.item
        const lowerEnd = addDistinctLower(first, behind)
        if (!isPlace(lowerEnd)) return lowerEnd
        putList(lists, c, behind, lowerEnd)
        continue
      }
      default:
        return isBlank(at, end) ? READ : REFUSED
    }
  }
}

function isNull(at: usize, end: usize): bool {
  return at + 4 <= end && load<u32>(at) == NULL
}

function isWhole(value: f64): bool {
  return value >= 0 && value <= MOST_SAFE && Math.trunc(value) == value
}

/** NaN is null: of what is known. */
function add(a: f64, b: f64): f64 {
  return a != a ? b : b != b ? a : a + b
}

/** Whether nothing but white space follows up to the end, and nothing beyond it was read. */
function isBlank(at: usize, end: usize): bool {
  for (; at < end; at++) {
    const byte: u32 = load<u8>(at)
    if (byte != 0x20 && byte != 0x09 && byte != 0x0d && byte != 0x0a) return false
  }
  return at == end
}
