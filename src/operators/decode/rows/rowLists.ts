import { placeOf, startOfMade, type RowStore } from '../../../core/rows/rowStore.ts'
import type { OpenBatch } from './openBatch.ts'
import { readText } from './rowTexts.ts'

const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const CLOSE = 0x5d
const ASCII = 0x80

/**
 * Adds the strings of the array whose content is at `bytes[at]` to the store's items.
 *
 * @returns the place behind its closing bracket; -1 where it is anything but an array of strings
 */
export function readTexts(store: RowStore, batch: OpenBatch, at: number, end: number): number {
  const { bytes } = store
  if (bytes[at] === CLOSE) return at + 1
  while (at < end && bytes[at] === QUOTE) {
    at = readText(store, batch, at + 1, end)
    if (at < 0) return -1
    store.pushItem(batch.start, batch.length)
    const behind = bytes[at++]
    if (behind === CLOSE) return at
    if (behind !== COMMA) return -1
    if (bytes[at] === SPACE) at++
  }
  return -1
}

/** Lists are compared item by item up to this length. */
const FEW = 32

/** Adds the items from `first` on again, in lower case and without repeats. The others stay where they are. */
export function addDistinctLower(store: RowStore, first: number, count: number): void {
  const begin = store.itemCount
  const seen = count > FEW ? new Set<string>() : undefined
  for (let item = first; item < first + count; item++) {
    let start = store.items[item * 2]!
    let length = store.items[item * 2 + 1]!
    const kind = caseOf(store, start, length)
    if (kind !== LOWER) {
      if (kind === UPPER) start = lowerAscii(store, start, length)
      else {
        const text = Buffer.from(store.textAt(start, length).toLowerCase())
        length = text.length
        store.reserveExtra(length)
        start = startOfMade(store.extraLength)
        store.extra.set(text, store.extraLength)
        store.extraLength += length
      }
    }
    if (seen !== undefined) {
      const text = store.textAt(start, length)
      if (seen.has(text)) continue
      seen.add(text)
    } else if (isAmong(store, begin, start, length)) continue
    store.pushItem(start, length)
  }
}

const LOWER = 0
const UPPER = 1
const OTHER = 2

/** Whether a text is lower case already, ASCII, or something else. */
function caseOf(store: RowStore, start: number, length: number): number {
  const from = store.bytesOf(start)
  const at = placeOf(start)
  let kind = LOWER
  for (let i = at; i < at + length; i++) {
    const byte = from[i]!
    if (byte >= ASCII) return OTHER
    if (byte >= 0x41 && byte <= 0x5a) kind = UPPER
  }
  return kind
}

function lowerAscii(store: RowStore, start: number, length: number): number {
  store.reserveExtra(length)
  const from = store.bytesOf(start)
  const at = placeOf(start)
  const { extra, extraLength } = store
  for (let i = 0; i < length; i++) {
    const byte = from[at + i]!
    extra[extraLength + i] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
  }
  store.extraLength += length
  return startOfMade(extraLength)
}

function isAmong(store: RowStore, begin: number, start: number, length: number): boolean {
  const { items } = store
  for (let item = begin; item < store.itemCount; item++) {
    if (items[item * 2 + 1] !== length) continue
    if (isSameText(store, items[item * 2]!, start, length)) return true
  }
  return false
}

function isSameText(store: RowStore, a: number, b: number, length: number): boolean {
  const fromA = store.bytesOf(a)
  const fromB = store.bytesOf(b)
  const atA = placeOf(a)
  const atB = placeOf(b)
  for (let i = 0; i < length; i++) if (fromA[atA + i] !== fromB[atB + i]) return false
  return true
}
