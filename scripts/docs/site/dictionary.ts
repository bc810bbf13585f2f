import type { Catalog, CatalogTable, Layer } from './catalog.ts'

const LAYERS: readonly (readonly [Layer, string])[] = [
  ['bronze', 'Bronze: raw records, as they came'],
  ['silver', 'Silver: clean rows'],
  ['quarantine', 'Quarantine: what was turned down'],
  ['gold', 'Gold: what is published'],
  ['intermediate', 'Intermediate models: within a build of Gold only'],
  ['staging', 'Staging models: within a build of Gold only'],
  ['seed', 'Seeds'],
]

/** The data dictionary as Markdown: every table and column of the platform. */
export function dictionary({ tables }: Catalog): string {
  return LAYERS.map(([layer, title]) => {
    const own = tables.filter((table) => table.layer === layer)
    return [`## ${title}`, ...own.map(section)].join('\n\n')
  }).join('\n\n')
}

function section({
  id,
  description,
  path,
  reads,
  columns,
  tests,
  unresolved,
}: CatalogTable): string {
  const facts = [
    ...(path === null ? [] : [`In the lake: \`${path}/\`.`]),
    ...(reads.length === 0 ? [] : [`Made from ${reads.map((name) => `\`${name}\``).join(', ')}.`]),
    ...unresolved.map((what) => `Not resolved: ${what}.`),
  ]
  const rows = columns.map(({ name, type, nullable, description, from }) => {
    const origins = from.map(({ table, column }) => `\`${table}.${column}\``).join(', ')
    const optional = nullable === true ? '?' : ''
    return `| \`${name}\` | ${cell(type)}${optional} | ${cell(description)} | ${origins} |`
  })
  const general = tests.filter(({ column }) => column === null).map(({ name }) => `\`${name}\``)
  return [
    `### ${id}`,
    [description, ...facts].filter((text) => text !== '').join(' '),
    ['| column | type | what it is | from |', '|---|---|---|---|', ...rows].join('\n'),
    ...(general.length === 0 ? [] : [`Tests of the whole table: ${general.join(', ')}.`]),
  ].join('\n\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
