import { colour, element, picture, text, type Titles } from './svg.ts'
import { short, ticks } from './ticks.ts'

export interface Line {
  readonly label: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

export interface Axes {
  readonly x: string
  readonly y: string
}

const WIDTH = 780
const HEIGHT = 380
const LEFT = 72
const RIGHT = 240
const TOP = 84
const BOTTOM = 52
const LEGEND_STEP = 22

/** Lines over a common axis; both axes begin at 0, and every measured point is marked. */
export function lineChart(titles: Titles, axes: Axes, lines: readonly Line[]): string {
  const points = lines.flatMap((line) => line.points)
  const across = ticks(Math.max(0, ...points.map(({ x }) => x)))
  const up = ticks(Math.max(0, ...points.map(({ y }) => y)))
  const [right, bottom] = [WIDTH - RIGHT, HEIGHT - BOTTOM]
  const atX = (x: number): number => LEFT + (x / across.at(-1)!) * (right - LEFT)
  const atY = (y: number): number => bottom - (y / up.at(-1)!) * (bottom - TOP)
  const grid = up.flatMap((value) => [
    element('line', { class: 'grid', x1: LEFT, x2: right, y1: atY(value), y2: atY(value) }),
    text(LEFT - 8, atY(value) + 4, 'soft', short(value), 'end'),
  ])
  const marks = across.map((value) => text(atX(value), bottom + 20, 'soft', short(value), 'middle'))
  const drawn = lines.flatMap((line, index) => {
    const path = line.points
      .map(({ x, y }) => `${atX(x).toFixed(1)},${atY(y).toFixed(1)}`)
      .join(' ')
    const y = TOP + 6 + index * LEGEND_STEP
    return [
      element('polyline', { class: `s${colour(index)}`, points: path }),
      ...line.points.map((point) =>
        element('circle', { class: `f${colour(index)}`, cx: atX(point.x), cy: atY(point.y), r: 4 }),
      ),
      element('rect', {
        class: `f${colour(index)}`,
        x: right + 20,
        y: y - 9,
        width: 14,
        height: 10,
      }),
      text(right + 42, y, 'label', line.label),
    ]
  })
  const named = [
    text((LEFT + right) / 2, HEIGHT - 12, 'soft', axes.x, 'middle'),
    text(LEFT - 8, TOP - 12, 'soft', axes.y, 'start'),
  ]
  return picture({ ...titles, width: WIDTH, height: HEIGHT }, [
    ...grid,
    ...marks,
    ...named,
    ...drawn,
  ])
}
