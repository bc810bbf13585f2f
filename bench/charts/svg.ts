/** Text that may stand in an SVG. */
const escapeText = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

type Attributes = Readonly<Record<string, string | number>>

/** One element; a content of `undefined` closes it at once. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const all = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'number' ? String(Math.round(value * 100) / 100) : value
    return ` ${key}="${escapeText(text)}"`
  })
  return content === undefined
    ? `<${name}${all.join('')}/>`
    : `<${name}${all.join('')}>${content}</${name}>`
}

/** What is said to who points at the element that it stands in. */
export const hint = (words: string): string => element('title', {}, escapeText(words))

export const text = (x: number, y: number, kind: string, words: string, anchor = 'start'): string =>
  element('text', { x, y, class: kind, 'text-anchor': anchor }, escapeText(words))

/** Drawn for light pages and for dark ones: the reader's system chooses. */
const STYLE = `
  svg { --page: #ffffff; --ink: #1d2129; --soft: #5d6470; --line: #e4e1d8;
    --c0: #b98500; --c1: #3f74b8; --c2: #2f8577; --c3: #b3443d; --c4: #7d5fb0; --c5: #6d7c8d; --c6: #a8632c }
  @media (prefers-color-scheme: dark) { svg { --page: #1b1e24; --ink: #e9e7e1; --soft: #a9afb9; --line: #2d323a;
    --c0: #efb63f; --c1: #78a9e6; --c2: #5fbfae; --c3: #e5776f; --c4: #b097e0; --c5: #a3b1c2; --c6: #d99a62 } }
  text { font: 13px system-ui, sans-serif; fill: var(--ink) }
  .title { font-size: 16px; font-weight: 600 }
  .soft { fill: var(--soft); font-size: 12px }
  .small { font-size: 11px }
  .grid { stroke: var(--line) }
  .page { fill: var(--page) }
${Array.from({ length: 7 }, (_, n) => `  .f${n} { fill: var(--c${n}) } .s${n} { stroke: var(--c${n}); fill: none; stroke-width: 2.5 }`).join('\n')}
`

/** The whole picture: its title, what it shows in words for those who don't see it, and its parts. */
export function picture(
  { width, height, title, note }: Readonly<Record<'width' | 'height', number>> & Titles,
  parts: readonly string[],
): string {
  const content = [
    hint(`${title}: ${note}`),
    element('style', {}, STYLE),
    element('rect', { class: 'page', width, height, rx: 8 }),
    text(24, 32, 'title', title),
    text(24, 52, 'soft', note),
    ...parts,
  ]
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}` }
  return `${element('svg', { ...attributes, width, height, role: 'img' }, `\n${content.join('\n')}\n`)}\n`
}

export interface Titles {
  readonly title: string
  /** Unit, size and what is better. */
  readonly note: string
}

/** The colour of the n-th series. */
export const colour = (index: number): number => index % 7
