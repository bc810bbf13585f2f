import * as v from 'valibot'
import {
  decodeJson,
  defineTopology,
  hours,
  minutes,
  simulate,
  timestamp,
  validate,
  windowDedup,
} from '../../src/index.ts'
import { deltaTable, quarantineTable } from '../../src/parquet.ts'

/** Five million events a day. */
const MS_AN_EVENT = 86_400_000 / 5_000_000
const STARTS_AT_MS = Date.UTC(2026, 0, 1)
const WINDOW_MS = hours(1)
const LATENESS_MS = minutes(10)
/** Every 20th record repeats another one, from one to some hundred thousand before it. */
const REPEAT_EACH = 20
/** Of those, every 10th is of before the window: late. */
const LATE_EACH = 10

export interface EventLakeSettings {
  readonly lake: string
  readonly events: number
  /** Whether every key is remembered for ever. */
  readonly unbounded: boolean
}

/** What the topology must find among the first `events` records. */
export interface Planted {
  readonly duplicate: number
  readonly late: number
}

const Event = v.object({ id: v.string(), at: timestamp(), text: v.string() })

/** Five million events a day, through a window of an hour. */
export const eventLake = ({ lake, events, unbounded }: EventLakeSettings) =>
  defineTopology('event-lake', { rejects: quarantineTable({ lake }) }, (flow) => {
    const silver = flow
      .source('events', simulate({ seed: 1, count: events, record }))
      .via('decode', decodeJson())
      .via('validate', validate(Event))
      .via(
        'dedup',
        windowDedup({
          key: ({ id }) => id,
          eventTime: ({ at }) => Number(at) / 1000,
          windowMs: unbounded ? Infinity : WINDOW_MS,
          allowedLatenessMs: unbounded ? Infinity : LATENESS_MS,
        }),
      )
      .toTable('silver', deltaTable({ lake, path: 'silver', schema: Event }))
    return { silver }
  })

function record(index: number): string {
  const number = original(index) ?? index
  const at = Math.floor((STARTS_AT_MS + number * MS_AN_EVENT) * 1000)
  return `{"id":"event-${number}","at":${at},"text":"what happened the ${number}th time"}`
}

/** The record that this one repeats. */
function original(index: number): number | undefined {
  if (index % REPEAT_EACH !== REPEAT_EACH - 1) return undefined
  const back = isLate(index) ? LATENESS_MS * 2 : 1 + (index % LATENESS_MS)
  const number = index - 1 - Math.floor(back / MS_AN_EVENT)
  // Only first ones are repeated.
  const first = number % REPEAT_EACH === REPEAT_EACH - 1 ? number - 1 : number
  return first < 0 ? undefined : first
}

const isLate = (index: number): boolean => index % (REPEAT_EACH * LATE_EACH) === REPEAT_EACH - 1

export function planted(events: number, unbounded: boolean): Planted {
  let duplicate = 0
  let late = 0
  for (let index = REPEAT_EACH - 1; index < events; index += REPEAT_EACH) {
    if (original(index) === undefined) continue
    if (isLate(index) && !unbounded) late++
    else duplicate++
  }
  return { duplicate, late }
}
