/** What is claimed, what came out, and what was wanted. */
export interface Claim {
  readonly what: string
  readonly measured: string
  readonly target: string
  readonly isMet: boolean
}

/** One part of docs/benchmarks.md. */
export interface Section {
  /** Markdown, without the title. */
  readonly text: string
  readonly claims?: readonly Claim[]
  /** Lies beside the results as `<name>.svg`. */
  readonly chart?: { readonly name: string; readonly svg: string }
}

/** A table of Markdown; the first column is text, the others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

export const thousands = (value: number): string => Math.round(value).toLocaleString('en-US')
export const mebibytes = (bytes: number): string => `${thousands(bytes / 2 ** 20)} MiB`
export const times = (ratio: number): string => `${ratio.toFixed(2)} ×`

/** That one figure is at least, or at most, another; the figure is shown as `show` has it. */
export function claim(
  what: string,
  measured: number,
  limit: { readonly atLeast: number } | { readonly atMost: number },
  show: (value: number) => string,
): Claim {
  const [sign, bound, isMet] =
    'atLeast' in limit
      ? ['≥', limit.atLeast, measured >= limit.atLeast]
      : ['≤', limit.atMost, measured <= limit.atMost]
  return { what, measured: show(measured), target: `${sign} ${show(bound)}`, isMet }
}
