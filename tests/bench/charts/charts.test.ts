import { describe, expect, test } from 'vitest'
import { barChart } from '../../../bench/charts/barChart.ts'
import { flameChart } from '../../../bench/charts/flameChart.ts'
import { lineChart } from '../../../bench/charts/lineChart.ts'
import { short, ticks } from '../../../bench/charts/ticks.ts'

const titles = { title: 'A & B', note: 'less < more' }

/** The elements of a picture in order, refused where one is not closed by its own name. */
function elements(svg: string): { name: string; attributes: Record<string, string> }[] {
  const open: string[] = []
  const found = [
    ...svg.matchAll(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<&]*(?:&#\d+;[^"<&]*)*")*)(\/?)>/g),
  ]
  const all = found.flatMap(([, end, name = '', attributes = '', closed]) => {
    if (end === '/') {
      expect(open.pop()).toBe(name)
      return []
    }
    if (closed !== '/') open.push(name)
    const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(
      ([, key, value]) => [key!, value!] as const,
    )
    return [{ name, attributes: Object.fromEntries(pairs) }]
  })
  expect(open).toEqual([])
  // Whatever is no element is text.
  const rest = found.reduce((text, [element]) => text.replace(element, ''), svg)
  expect(rest).not.toMatch(/[<]/)
  return all
}

describe('ticks', () => {
  test.each([
    [0, [0, 1]],
    [7, [0, 2, 4, 6, 8]],
    [100, [0, 25, 50, 75, 100]],
    [246_000, [0, 100_000, 200_000, 300_000]],
    [0.3, [0, 0.1, 0.2, 0.3]],
  ])('up to %d', (highest, expected) => expect(ticks(highest)).toEqual(expected))

  test('are written shortly', () => {
    expect([0, 950, 1234.5, 246_000, 1_300_000].map(short)).toEqual([
      ...['0', '950', '1,230', '246k', '1.3 M'],
    ])
  })
})

describe('a bar chart', () => {
  const bars = [
    { label: 'ours', value: 50, remark: '<1 MiB' },
    { label: 'theirs', value: 200 },
    { label: 'none', value: 0 },
  ]
  const rects = elements(barChart(titles, bars)).filter(({ attributes }) => 'y' in attributes)

  test('draws bars in proportion', () => {
    const [ours, theirs, none] = rects
      .filter(({ name }) => name === 'rect')
      .map(({ attributes }) => Number(attributes['width']))
    expect(theirs! / ours!).toBeCloseTo(4)
    expect(none).toBe(1)
  })

  test('keeps everything inside the picture', () => {
    const [svg] = elements(barChart(titles, bars))
    for (const { attributes } of rects) {
      expect(Number(attributes['y'])).toBeLessThan(Number(svg!.attributes['height']))
      expect(Number(attributes['x'])).toBeLessThan(Number(svg!.attributes['width']))
    }
  })

  test('survives that nothing was measured', () => {
    expect(barChart(titles, [{ label: 'a', value: 0 }])).not.toMatch(/NaN|Infinity/)
  })
})

describe('a line chart', () => {
  const lines = [
    {
      label: 'ours',
      points: [
        { x: 1, y: 10 },
        { x: 2, y: 20 },
      ],
    },
    { label: 'a "peer"', points: [{ x: 2, y: 5 }] },
  ]
  const drawn = elements(lineChart(titles, { x: 'threads', y: 'records/s' }, lines))

  test('marks every measured point, higher values higher', () => {
    const circles = drawn.filter(({ name }) => name === 'circle')
    const [low, high, peer] = circles.map(({ attributes }) => Number(attributes['cy']))
    expect(circles).toHaveLength(3)
    expect(high).toBeLessThan(low!)
    expect(peer).toBeGreaterThan(low!)
  })

  test('joins the points of a line', () => {
    const joined = drawn.filter(({ name }) => name === 'polyline')
    expect(joined.map(({ attributes }) => attributes['points']!.split(' ').length)).toEqual([2, 1])
  })

  test('is readable in light and dark', () => {
    const svg = lineChart(titles, { x: '', y: '' }, lines)
    expect(svg).toContain('prefers-color-scheme: dark')
    expect(svg).not.toMatch(/(fill|stroke)="#/)
  })
})

describe('a flame chart', () => {
  const leaf = (name: string, value: number) => ({ name, value, group: 1, children: [] })
  const root = {
    ...{ name: 'all', value: 100, group: 0 },
    children: [
      { ...leaf('a <function>', 60), where: 'src/a.ts:1', children: [leaf('b', 30)] },
      leaf('c', 39.99),
      leaf('too small to be seen', 0.01),
    ],
  }
  const svg = flameChart(titles, root)
  const rects = elements(svg)
    .filter(({ name, attributes }) => name === 'rect' && 'y' in attributes)
    .map(({ attributes }) => ['x', 'y', 'width'].map((key) => Number(attributes[key])))

  test('draws shares of the time, what is called below who called it', () => {
    const [all, a, b, c, ...rest] = rects as [number[], number[], number[], number[]]
    expect(rest).toEqual([])
    expect(a[2]! / all[2]!).toBeCloseTo(0.6, 2)
    expect(b[2]! / a[2]!).toBeCloseTo(0.5, 2)
    expect([a[0], b[0]]).toEqual([all[0], all[0]])
    // But for the gap between them.
    expect(Math.abs(c[0]! - a[0]! - a[2]!)).toBeLessThan(1)
    expect([a[1]! > all[1]!, b[1]! > a[1]!, c[1] === a[1]]).toEqual([true, true, true])
  })

  test('says what each is to who points at it', () => {
    expect(svg).toContain('<title>a &#60;function&#62;: 60.0 %, src/a.ts:1</title>')
  })
})
