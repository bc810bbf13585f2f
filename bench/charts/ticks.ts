const NICE = [1, 2, 2.5, 5, 10]

/** Round numbers from 0 to the first one that is not below the highest value; some four of them. */
export function ticks(highest: number): number[] {
  if (!(highest > 0)) return [0, 1]
  const rough = highest / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = NICE.map((factor) => factor * power).find((size) => size >= rough * 0.999)!
  const count = Math.ceil(highest / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

/** A number as people write it beside an axis. */
export function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
}
