import { colour, element, picture, text, type Titles } from './svg.ts'
import { short } from './ticks.ts'

export interface Bar {
  readonly label: string
  readonly value: number
  /** Ours are in the accent colour. */
  readonly isOurs?: boolean
  /** Behind the number. */
  readonly remark?: string
}

const WIDTH = 760
const LEFT = 260
const RIGHT = 150
const TOP = 76
const BAR = 22
const STEP = 34

/** One bar a name: figures of the same kind beside each other. */
export function barChart(titles: Titles, bars: readonly Bar[]): string {
  const highest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE)
  const parts = bars.flatMap(({ label, value, remark, isOurs }, index) => {
    const y = TOP + index * STEP
    const width = Math.max(1, (value / highest) * (WIDTH - LEFT - RIGHT))
    const fill = isOurs ? 'f0' : `f${colour(5)}`
    const words = remark === undefined ? short(value) : `${short(value)} · ${remark}`
    return [
      text(LEFT - 12, y + 16, 'label', label, 'end'),
      element('rect', { class: fill, x: LEFT, y, width, height: BAR, rx: 3 }),
      text(LEFT + width + 8, y + 16, 'soft', words),
    ]
  })
  const height = TOP + bars.length * STEP + 12
  return picture({ ...titles, width: WIDTH, height }, parts)
}
