import { colour, element, hint, picture, text, type Titles } from './svg.ts'

/** A function that was called from the one above it, with all that it called. */
export interface Frame {
  readonly name: string
  /** What is said of it to who points at it. */
  readonly where?: string
  /** Of itself and of all below. */
  readonly value: number
  /** Which frames have the same colour. */
  readonly group: number
  readonly children: readonly Frame[]
}

const WIDTH = 1200
const MARGIN = 24
const TOP = 68
const ROW = 17
/** Narrower ones are left out, in pixels. */
const LEAST = 2
/** Of a letter, in pixels: what doesn't fit is cut. */
const LETTER = 6.2

/** A flame graph: the width of a function is its share of the time, what it calls stands below it. */
export function flameChart(titles: Titles, root: Frame): string {
  const scale = (WIDTH - 2 * MARGIN) / Math.max(root.value, Number.MIN_VALUE)
  const parts: string[] = []
  let deepest = 0
  const draw = (frame: Frame, x: number, depth: number): void => {
    const width = frame.value * scale
    if (width < LEAST) return
    deepest = Math.max(deepest, depth)
    const y = TOP + depth * ROW
    const share = `${((100 * frame.value) / root.value).toFixed(1)} %`
    const words = [`${frame.name}: ${share}`, ...(frame.where === undefined ? [] : [frame.where])]
    const rect = { class: `f${colour(frame.group)}`, x, y, height: ROW - 1, opacity: 0.75 }
    parts.push(
      element(
        'g',
        {},
        [
          hint(words.join(', ')),
          element('rect', { ...rect, width: Math.max(width - 0.5, 0.5) }),
          ...fitting(frame.name, width).map((name) => text(x + 4, y + 12, 'small', name)),
        ].join(''),
      ),
    )
    let from = x
    for (const child of frame.children) {
      draw(child, from, depth + 1)
      from += child.value * scale
    }
  }
  draw(root, MARGIN, 0)
  return picture({ ...titles, width: WIDTH, height: TOP + (deepest + 1) * ROW + MARGIN }, parts)
}

/** As much of a name as there is room for; nothing where that would say nothing. */
function fitting(name: string, width: number): readonly string[] {
  const letters = Math.floor((width - 8) / LETTER)
  if (letters < 4) return []
  return [name.length <= letters ? name : `${name.slice(0, letters - 1)}…`]
}
