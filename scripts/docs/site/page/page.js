'use strict'
/* global drawGraph */
// The pages of the site, drawn from the catalog that is embedded in it. Routes stand behind the #.

const catalog = JSON.parse(document.getElementById('catalog').textContent)
const { tables, lake } = catalog
const byId = new Map(tables.map((table) => [table.id, table]))
const LAYERS = [
  ['source', 'Sources'],
  ['bronze', 'Bronze'],
  ['silver', 'Silver'],
  ['gold', 'Gold'],
  ['quarantine', 'Quarantine'],
  ['intermediate', 'Intermediate'],
  ['staging', 'Staging'],
  ['seed', 'Seeds'],
]
const factsOf = (id) => lake?.facts[id]
for (const table of tables) {
  const rows = factsOf(table.id)?.rows
  if (rows !== null && rows !== undefined) table.rowsText = ` · ${number(rows)} rows`
}

/** An element: `h('a', { href }, 'text', child)`. Text is text, never markup. */
function h(name, attributes, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined))
  return element
}
function number(value) {
  return value.toLocaleString('en-US')
}
const size = (bytes) => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const at = bytes === 0 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** at).toFixed(at === 0 ? 0 : 1)} ${units[at]}`
}
const linkTo = (id, column) =>
  `#/table/${encodeURIComponent(id)}${column ? `/${encodeURIComponent(column)}` : ''}`
const layerTag = (layer) => h('span', { class: 'tag layer', style: `--c: var(--${layer})` }, layer)
const dot = (layer) => h('span', { class: 'dot', style: `--c: var(--${layer})` })
const card = (value, what) =>
  h('div', { class: 'card' }, h('b', null, value), h('span', null, what))

const allChecks = () =>
  Object.entries(lake?.facts ?? {}).flatMap(([of, { checks }]) =>
    checks.map((check) => ({ ...check, of })),
  )

// Light and dark
const root = document.documentElement
const remembered = (() => {
  try {
    return localStorage.getItem('theme')
  } catch {
    return null
  }
})()
const system = matchMedia('(prefers-color-scheme: dark)')
const setTheme = (theme) => (root.dataset.theme = theme)
setTheme(remembered ?? (system.matches ? 'dark' : 'light'))
system.addEventListener('change', () => {
  if (!remembered) setTheme(system.matches ? 'dark' : 'light')
})
const themeButton = () =>
  h(
    'button',
    {
      class: 'icon',
      id: 'theme',
      title: 'Light or dark',
      onclick: () => {
        setTheme(root.dataset.theme === 'dark' ? 'light' : 'dark')
        try {
          localStorage.setItem('theme', root.dataset.theme)
        } catch {
          // A page from a file may not be allowed to remember.
        }
      },
    },
    '◐',
  )

/** Text in which `names` stand out. */
const rich = (text) =>
  text.split('`').map((part, index) => (index % 2 === 0 ? part : h('code', null, part)))

const bar = (...left) => h('div', { class: 'bar' }, h('div', null, ...left), themeButton())

// Pages
function overview() {
  const checks = allChecks()
  const failed = checks.filter(({ success }) => !success)
  const gold = tables.filter(({ layer }) => layer === 'gold')
  const rows = (id) => factsOf(id)?.rows
  const raw = tables
    .filter(({ layer }) => layer === 'bronze')
    .reduce((sum, { id }) => sum + (rows(id) ?? 0), 0)
  const columns = tables.reduce((sum, table) => sum + table.columns.length, 0)
  const graph = h('div', { class: 'panel graph wide' })
  const page = [
    bar(h('h1', null, catalog.title)),
    h(
      'p',
      { class: 'lead' },
      'Every table from the raw records to what is published: what is in it, where it comes from, what is expected of it and how that went.',
    ),
    lake
      ? null
      : h(
          'p',
          { class: 'note', id: 'no-lake' },
          rich(
            'There was no lake to count rows and read results from: `npm start` makes one, `npm run docs` this page anew.',
          ),
        ),
    h(
      'div',
      { class: 'cards' },
      card(number(tables.filter(({ layer }) => layer !== 'source').length), 'tables and models'),
      card(number(columns), 'columns'),
      raw === 0 ? null : card(number(raw), 'records in Bronze'),
      rows('silver.posts') === undefined
        ? null
        : card(number(rows('silver.posts')), 'rows in silver.posts'),
      rows('quarantine') === undefined
        ? null
        : card(number(rows('quarantine')), 'records in the quarantine'),
      lake?.gold ? card(`v${lake.gold.version}`, `Gold of ${moment(lake.gold.publishedAt)}`) : null,
      checks.length === 0
        ? card(number(tables.reduce((sum, { tests }) => sum + tests.length, 0)), 'tests')
        : card(
            failed.length === 0 ? `${checks.length} ✓` : `${failed.length} ✗`,
            failed.length === 0 ? 'expectations passed' : `of ${checks.length} expectations failed`,
          ),
    ),
    blockedPanel(),
    h('h2', { class: 'part' }, 'From source to mart'),
    graph,
    h(
      'p',
      { class: 'note' },
      'Click a table to see what it depends on and what depends on it; open it by a double click. ',
      h('a', { href: '#/lineage' }, 'Filter, and follow single columns'),
      '.',
    ),
    h('h2', { class: 'part' }, 'Gold'),
    h(
      'div',
      { class: 'panel' },
      h(
        'table',
        null,
        h(
          'tr',
          null,
          h('th', null, 'table'),
          h('th', null, 'what it is'),
          h('th', { class: 'num' }, 'columns'),
          lake ? h('th', { class: 'num' }, 'rows') : null,
          lake ? h('th', { class: 'num' }, 'size') : null,
        ),
        gold.map((table) => {
          const facts = factsOf(table.id)
          return h(
            'tr',
            null,
            h('td', null, h('a', { href: linkTo(table.id) }, table.id)),
            h('td', null, table.description),
            h('td', { class: 'num' }, table.columns.length),
            lake ? h('td', { class: 'num' }, facts?.rows == null ? '–' : number(facts.rows)) : null,
            lake ? h('td', { class: 'num' }, facts?.files ? size(facts.bytes) : '–') : null,
          )
        }),
      ),
    ),
  ]
  return { page, after: () => drawGraph(graph, tables, { open }) }
}

const moment = (iso) => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
const open = (id) => (location.hash = linkTo(id))

function tablePage(id, column) {
  const table = byId.get(id)
  if (!table) return { page: [bar(h('h1', null, 'No such table')), h('p', null, id)] }
  const facts = factsOf(id)
  const graph = h('div', { class: 'panel graph small' })
  const readers = tables.filter((other) => other.reads.includes(id))
  const used = new Map()
  for (const other of tables)
    for (const one of other.columns)
      for (const origin of one.from)
        if (origin.table === id)
          used.set(origin.column, [...(used.get(origin.column) ?? []), [other.id, one.name]])
  const page = [
    bar(
      h('div', { class: 'crumb' }, layerTag(table.layer), table.file ? ` ${table.file}` : ''),
      h('h1', null, table.id),
    ),
    h('p', { class: 'lead' }, rich(table.description || 'No description yet.')),
    facts
      ? h(
          'div',
          { class: 'cards' },
          facts.rows === null ? null : card(number(facts.rows), 'rows'),
          facts.files === 0
            ? card('–', 'not published yet')
            : card(
                size(facts.bytes),
                `in ${number(facts.files)} file${facts.files === 1 ? '' : 's'}`,
              ),
          facts.version === null ? null : card(`v${facts.version}`, 'Delta version'),
          facts.checks.length === 0
            ? null
            : card(
                `${facts.checks.filter(({ success }) => success).length}/${facts.checks.length}`,
                'expectations passed',
              ),
        )
      : null,
    facts?.reasons?.length > 0
      ? [h('h2', { class: 'part' }, 'Why'), reasonTable(facts.reasons)]
      : null,
    h('h2', { class: 'part' }, 'Columns'),
    table.columns.length === 0
      ? h('p', { class: 'note' }, 'A source has none of its own: see the tables that read it.')
      : h(
          'div',
          { class: 'panel' },
          h(
            'table',
            { id: 'columns' },
            h(
              'tr',
              null,
              ['column', 'type', 'what it is', 'comes from', 'goes to'].map((name) =>
                h('th', null, name),
              ),
            ),
            table.columns.map((one) =>
              h(
                'tr',
                { class: one.name === column ? 'target' : undefined, id: `c-${one.name}` },
                h('td', null, h('code', null, one.name)),
                h(
                  'td',
                  { class: 'type mono' },
                  one.type,
                  one.nullable ? h('span', { title: 'may be null' }, ' ?') : null,
                ),
                h(
                  'td',
                  null,
                  rich(one.description),
                  one.tests.length > 0
                    ? h(
                        'div',
                        null,
                        one.tests.map((name) => {
                          const test = table.tests.find((test) => test.name === name)
                          const last = test && resultOf(test)
                          const shade = last ? SHADES[last.status] : ''
                          return h('span', { class: `tag ${shade}`, title: name }, kindOf(name))
                        }),
                      )
                    : null,
                ),
                h(
                  'td',
                  null,
                  one.from.map((origin) =>
                    h(
                      'a',
                      {
                        class: 'tag',
                        href: linkTo(origin.table, origin.column),
                        title: origin.kind,
                      },
                      `${origin.table}.${origin.column}${SIGN[origin.kind] ?? ''}`,
                    ),
                  ),
                ),
                h(
                  'td',
                  null,
                  (used.get(one.name) ?? []).map(([other, name]) =>
                    h('a', { class: 'tag', href: linkTo(other, name) }, `${other}.${name}`),
                  ),
                ),
              ),
            ),
          ),
        ),
    table.unresolved.length > 0
      ? h('p', { class: 'note' }, `Lineage that is not resolved: ${table.unresolved.join('; ')}.`)
      : null,
    h('h2', { class: 'part' }, 'Lineage'),
    graph,
    facts && facts.checks.length > 0
      ? [h('h2', { class: 'part' }, 'Expectations'), checkTable(facts.checks)]
      : null,
    table.tests.length > 0
      ? [h('h2', { class: 'part' }, 'Tests of the models'), testTable(table.tests)]
      : null,
    table.sql
      ? [
          h('h2', { class: 'part' }, 'SQL'),
          h('div', { class: 'panel' }, h('pre', { class: 'sql' }, table.sql)),
        ]
      : null,
  ]
  const near = new Set([id, ...table.reads, ...readers.map((one) => one.id)])
  const after = () => {
    drawGraph(
      graph,
      tables.filter((one) => near.has(one.id)),
      { open },
    )
    document.getElementById(`c-${column}`)?.scrollIntoView({ block: 'center' })
  }
  return { page, after }
}

const SIGN = { transformation: ' ƒ', aggregation: ' Σ' }
const kindOf = (test) =>
  /^(unique|not_null|accepted_values|relationships)_/.exec(test)?.[1].replace('_', ' ') ?? test

/** How many records are in the quarantine for which reason. */
const reasonTable = (reasons) =>
  h(
    'div',
    { class: 'panel' },
    h(
      'table',
      { id: 'reasons' },
      h('tr', null, h('th', null, 'reason'), h('th', { class: 'num' }, 'records')),
      reasons.map(([reason, records]) =>
        h(
          'tr',
          null,
          h('td', null, h('code', null, reason)),
          h('td', { class: 'num' }, number(records)),
        ),
      ),
    ),
  )

/** Checks of one table, or of several, which are named then. */
function checkTable(checks) {
  const isOfMany = checks.some(({ of }) => of !== undefined)
  const what = ({ kwargs, description }) => {
    if (description) return description
    const { column, columnA, columnB, columnList, ...others } = kwargs
    const on = [column, columnA, columnB, columnList].flat().filter(Boolean).join(', ')
    const rest = Object.entries(others).map(([key, value]) => `${key} ${short(value)}`)
    return [on, ...rest].filter(Boolean).join(' · ')
  }
  return h(
    'div',
    { class: 'panel' },
    h(
      'table',
      { class: 'checks' },
      h(
        'tr',
        null,
        ['', ...(isOfMany ? ['table'] : []), 'expectation', 'about', 'found', 'suite'].map((name) =>
          h('th', null, name),
        ),
      ),
      checks.map((check) =>
        h(
          'tr',
          null,
          h(
            'td',
            null,
            h(
              'span',
              {
                class: `tag ${check.success ? 'good' : check.severity === 'block' ? 'bad' : 'warn'}`,
              },
              check.success ? 'passed' : check.severity === 'block' ? 'blocked' : 'warned',
            ),
          ),
          isOfMany ? h('td', null, h('a', { href: `#/table/${check.of}` }, check.of)) : null,
          h('td', { class: 'mono' }, breakable(check.type)),
          h('td', { class: 'free' }, what(check)),
          h('td', { class: 'free' }, found(check), check.success ? null : failingRows(check.rows)),
          h('td', { class: 'type' }, check.suite, h('br'), h('small', null, moment(check.at))),
        ),
      ),
    ),
  )
}
/** Tests of one table, or of several, which are named then, with how they went when they were last run. */
function testTable(tests) {
  const isOfMany = tests.some(({ of }) => of !== undefined)
  const heads = ['', ...(isOfMany ? ['table'] : []), 'test', 'failing rows', 'took', 'last run']
  return h(
    'div',
    { class: 'panel' },
    h(
      'table',
      { class: 'tests' },
      h(
        'tr',
        null,
        heads.map((name) => h('th', null, name)),
      ),
      tests.map((test) => {
        const last = resultOf(test)
        return h(
          'tr',
          null,
          h('td', null, statusTag(test, last)),
          isOfMany ? h('td', null, h('a', { href: linkTo(test.of) }, test.of)) : null,
          h(
            'td',
            { class: 'free mono' },
            test.name.split(/(?<=_)/).flatMap((word) => [h('wbr'), word]),
            test.kind === 'generic' ? null : [' ', h('span', { class: 'tag' }, test.kind)],
          ),
          h(
            'td',
            { class: 'free' },
            last ? (last.failures ?? last.message) : '',
            failingRows(lake?.failing[test.id]),
          ),
          h('td', { class: 'type' }, last ? took(last.seconds) : ''),
          h('td', { class: 'type' }, h('small', null, last ? moment(last.at) : 'never')),
        )
      }),
    ),
  )
}
/** A few of the rows that something failed for. */
const failingRows = (rows = []) =>
  rows.length === 0
    ? null
    : h(
        'pre',
        null,
        rows
          .slice(0, 3)
          .map((row) => JSON.stringify(row))
          .join('\n'),
      )
const STATUSES = { pass: 'passed', fail: 'failed', warn: 'warned', error: 'could not run' }
const SHADES = { pass: 'good', fail: 'bad', warn: 'warn', error: 'bad' }
const statusTag = ({ severity }, last) =>
  h(
    'span',
    { class: `tag ${last ? SHADES[last.status] : ''}` },
    last ? STATUSES[last.status] : `not run · ${severity}`,
  )
const resultOf = ({ id }) => lake?.tests[id]
const hasFailed = (test) => ['fail', 'error'].includes(resultOf(test)?.status)
const took = (seconds) =>
  seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`

/** Each test once, with the table that it is about, or the first of those that it compares. */
const allTests = () => {
  const found = new Map()
  for (const table of tables) {
    for (const test of table.tests) {
      if (!found.has(test.id)) found.set(test.id, { ...test, of: table.id })
    }
  }
  return [...found.values()]
}

/** A long name that may go on in the next line before any of its words. */
const breakable = (name) => name.split(/(?=[A-Z])/).flatMap((word) => [h('wbr'), word])
const short = (value) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
function found({ error, unexpected, elements, observed }) {
  if (error) return error
  if (unexpected !== null)
    return elements === null
      ? `${number(unexpected)} rows`
      : `${number(unexpected)} of ${number(elements)}`
  return observed === null ? '' : short(observed)
}

/** What Gold is not published for, where that is so. */
function blockedPanel() {
  const checks = allChecks().filter(({ success, severity }) => !success && severity === 'block')
  const failed = allTests().filter(hasFailed)
  if (checks.length + failed.length === 0) return null
  const now = lake.gold
    ? `Readers still see version ${lake.gold.version}, of ${moment(lake.gold.publishedAt)}.`
    : 'Nothing is published yet.'
  return h(
    'section',
    { id: 'blocked' },
    h('h2', { class: 'part' }, 'Gold is blocked'),
    h(
      'p',
      { class: 'note' },
      `${now} Gold is published with the next build in which all of this passes.`,
    ),
    checks.length > 0 ? checkTable(checks) : null,
    failed.length > 0 ? testTable(failed) : null,
  )
}

function checksPage() {
  const checks = allChecks()
  const failed = checks.filter(({ success }) => !success)
  const rest = checks.filter(({ success }) => success)
  const tests = allTests()
  const passed = tests.filter((test) => resultOf(test)?.status === 'pass')
  const page = [
    bar(h('h1', null, 'Checks')),
    checks.length === 0
      ? h(
          'p',
          { class: 'lead' },
          'There are no results yet: run the platform, then make this site from its lake.',
        )
      : h(
          'p',
          { class: 'lead' },
          `${number(rest.length)} of ${number(checks.length)} expectations passed when their suites were last run.`,
        ),
    failed.length > 0 ? [h('h2', { class: 'part' }, 'Failed'), checkTable(failed)] : null,
    rest.length > 0 ? [h('h2', { class: 'part' }, 'Passed'), checkTable(rest)] : null,
    tests.length > 0
      ? [
          h('h2', { class: 'part' }, 'Tests of the models'),
          h(
            'p',
            { class: 'note' },
            `${number(passed.length)} of ${number(tests.length)} passed when they were last run. Those that are asked by one statement took as long as that. Unit tests run with builds of everything.`,
          ),
          testTable([...tests.filter(hasFailed), ...tests.filter((test) => !hasFailed(test))]),
        ]
      : null,
  ]
  return { page }
}

function lineagePage() {
  const graph = h('div', { class: 'panel graph' })
  const shown = new Set(LAYERS.map(([layer]) => layer))
  let columns = false
  let text = ''
  const draw = () => {
    const wanted = tables.filter(({ layer }) => shown.has(layer))
    const words = text.toLowerCase()
    const matches = words
      ? (table) =>
          table.id.toLowerCase().includes(words) ||
          table.columns.some(({ name }) => name.toLowerCase().includes(words))
      : undefined
    drawGraph(graph, bridged(wanted, shown), { columns, open, matches })
  }
  const chips = LAYERS.map(([layer, name]) =>
    h(
      'button',
      {
        class: 'chip',
        'aria-pressed': 'true',
        'data-layer': layer,
        onclick: (event) => {
          const on = !shown.has(layer)
          if (on) shown.add(layer)
          else shown.delete(layer)
          event.currentTarget.setAttribute('aria-pressed', String(on))
          draw()
        },
      },
      dot(layer),
      name,
    ),
  )
  const columnChip = h(
    'button',
    {
      class: 'chip',
      id: 'show-columns',
      onclick: () => {
        columns = !columns
        columnChip.classList.toggle('on', columns)
        draw()
      },
    },
    'Columns',
  )
  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter tables and columns',
    id: 'filter',
    oninput: (event) => {
      text = event.target.value
      draw()
    },
  })
  const page = [
    bar(h('h1', null, 'Lineage')),
    h(
      'p',
      { class: 'lead' },
      'Wheel to zoom, drag to move, click a table for all that it touches. With columns shown, click one to follow it from end to end.',
    ),
    h('div', { class: 'tools' }, filter, columnChip, chips),
    graph,
    h(
      'p',
      { class: 'note' },
      'Columns are followed through SQL by DuckDB’s own parser. ',
      tables
        .filter(({ unresolved }) => unresolved.length > 0)
        .map(({ unresolved }) => `Not resolved: ${unresolved.join('; ')}. `),
    ),
  ]
  return { page, after: draw }
}

/** Tables whose edges over hidden ones are drawn as if those were not there. */
function bridged(wanted, shown) {
  const upstream = (table, seen = new Set()) =>
    table.reads.flatMap((id) => {
      const other = byId.get(id)
      if (!other || seen.has(id)) return []
      seen.add(id)
      return shown.has(other.layer) ? [id] : upstream(other, seen)
    })
  return wanted.map((table) => ({ ...table, reads: [...new Set(upstream(table))] }))
}

// Search
const marked = (text, words) => {
  const at = text.toLowerCase().indexOf(words)
  if (at < 0) return [text]
  const end = at + words.length
  return [text.slice(0, at), h('mark', null, text.slice(at, end)), text.slice(end)]
}
const MOST_HITS = 40
function hits(words) {
  const found = []
  for (const table of tables) {
    const inName = table.id.toLowerCase().includes(words)
    if (inName || table.description.toLowerCase().includes(words))
      found.push({
        rank: inName ? 0 : 2,
        href: linkTo(table.id),
        name: table.id,
        about: table.description,
      })
    for (const column of table.columns) {
      const named = column.name.toLowerCase().includes(words)
      if (!named && !column.description.toLowerCase().includes(words)) continue
      const name = `${table.id}.${column.name}`
      found.push({
        rank: named ? 1 : 3,
        href: linkTo(table.id, column.name),
        name,
        about: column.description || column.type,
      })
    }
  }
  return found.sort((a, b) => a.rank - b.rank)
}

// The frame
const menu = document.getElementById('menu')
const main = document.querySelector('main')
const input = document.getElementById('search')
function showMenu() {
  const words = input.value.trim().toLowerCase()
  if (words !== '') {
    const found = hits(words)
    menu.replaceChildren(
      h(
        'div',
        { class: 'hits' },
        found.length === 0
          ? h('small', null, 'Nothing has that in its name or description.')
          : null,
        found
          .slice(0, MOST_HITS)
          .map(({ href, name, about }, index) =>
            h(
              'a',
              { href, 'data-hit': true, class: index === 0 ? 'first' : undefined },
              h('span', null, marked(name, words)),
              h('small', null, marked(about, words)),
            ),
          ),
        found.length > MOST_HITS
          ? h('small', null, `and ${number(found.length - MOST_HITS)} more: say more of it.`)
          : null,
      ),
    )
    return
  }
  const here = location.hash || '#/'
  const item = (href, text, right) =>
    h(
      'a',
      { href, 'aria-current': here.split('/').slice(0, 3).join('/') === href ? 'page' : undefined },
      h('span', null, text),
      right,
    )
  menu.replaceChildren(
    item('#/', 'Overview'),
    item('#/lineage', 'Lineage'),
    item('#/checks', 'Checks', badge()),
    ...LAYERS.flatMap(([layer, name]) => {
      const own = tables.filter((table) => table.layer === layer)
      if (own.length === 0) return []
      return [
        h('h2', null, dot(layer), name),
        ...own.map((table) => item(linkTo(table.id), table.id, failing(table.id))),
      ]
    }),
  )
}
const badge = () => {
  const checks = allChecks()
  if (checks.length === 0) return null
  const run = allTests().filter(resultOf)
  const failed = checks.filter(({ success }) => !success).length + run.filter(hasFailed).length
  return h(
    'span',
    { class: `tag ${failed === 0 ? 'good' : 'bad'}` },
    failed === 0 ? `${checks.length + run.length} ✓` : `${failed} ✗`,
  )
}
const failing = (id) => {
  const tests = tables.find((table) => table.id === id)?.tests ?? []
  const checks = factsOf(id)?.checks ?? []
  const failed = [...checks.filter(({ success }) => !success), ...tests.filter(hasFailed)]
  return failed.length === 0 ? null : h('span', { class: 'tag bad' }, `${failed.length} ✗`)
}
function show() {
  const [, kind = '', id = '', column] = location.hash.split('/').map(decodeURIComponent)
  const { page, after } =
    kind === 'table'
      ? tablePage(id, column)
      : kind === 'lineage'
        ? lineagePage()
        : kind === 'checks'
          ? checksPage()
          : overview()
  main.replaceChildren(...page.flat(9).filter(Boolean))
  document.title = `${main.querySelector('h1').textContent} · ${catalog.title}`
  scrollTo(0, 0)
  after?.()
  showMenu()
}
input.addEventListener('input', showMenu)
input.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') menu.querySelector('a.first')?.click()
  if (event.key === 'Escape') {
    input.value = ''
    showMenu()
  }
})
// Up and down go through what was found, and back to what was asked.
document.querySelector('aside').addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const found = [...menu.querySelectorAll('a[data-hit]')]
  if (step === undefined || found.length === 0) return
  const at = found.indexOf(document.activeElement)
  if (at < 0 && document.activeElement !== input) return
  event.preventDefault()
  ;(found[Math.min(at + step, found.length - 1)] ?? input).focus()
})
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return
  event.preventDefault()
  input.focus()
})
// Where there is no room beside the page, the menu is shown when it is asked for.
const toggle = document.getElementById('tables')
const openMenu = (isOpen) => toggle.setAttribute('aria-expanded', String(isOpen))
toggle.addEventListener('click', () => openMenu(toggle.getAttribute('aria-expanded') === 'false'))
input.addEventListener('input', () => openMenu(input.value !== ''))
addEventListener('hashchange', () => {
  openMenu(false)
  show()
})
show()
