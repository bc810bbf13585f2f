'use strict'
/* exported drawGraph */
// A lineage graph as SVG: layers from left to right, zoomed by wheel and buttons, moved by dragging.

const SVG = 'http://www.w3.org/2000/svg'
const WIDTH = 196
const GAP_X = 58
const GAP_Y = 18
const HEAD = 46
const ROW = 19

function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

/** Each table's place: as far right as its longest way from a source, ordered so that edges cross little. */
function layOut(tables, withColumns) {
  const byId = new Map(tables.map((table) => [table.id, table]))
  const rank = new Map()
  const rankOf = (id, path = new Set()) => {
    if (rank.has(id) || path.has(id)) return rank.get(id) ?? 0
    path.add(id)
    const parents = byId.get(id).reads.filter((other) => byId.has(other))
    const found =
      parents.length === 0 ? 0 : 1 + Math.max(...parents.map((one) => rankOf(one, path)))
    rank.set(id, found)
    return found
  }
  for (const table of tables) rankOf(table.id)
  // A table without parents stands right in front of what reads it.
  for (const table of tables) {
    if (table.reads.some((id) => byId.has(id))) continue
    const readers = tables.filter((other) => other.reads.includes(table.id))
    if (readers.length > 0 && table.layer !== 'source')
      rank.set(table.id, Math.max(0, Math.min(...readers.map(({ id }) => rank.get(id))) - 1))
  }
  const columns = []
  for (const table of tables) (columns[rank.get(table.id)] ??= []).push(table)
  const filled = columns.filter(Boolean)
  const height = (table) => HEAD + (withColumns ? table.columns.length * ROW + 8 : 0)
  const at = new Map()
  const place = () => {
    filled.forEach((column, x) => {
      const total = column.reduce((sum, table) => sum + height(table) + GAP_Y, -GAP_Y)
      let y = -total / 2
      for (const table of column) {
        at.set(table.id, { x: x * (WIDTH + GAP_X), y, height: height(table) })
        y += height(table) + GAP_Y
      }
    })
  }
  place()
  const middle = (id) => at.get(id).y + at.get(id).height / 2
  const mean = (ids, otherwise) =>
    ids.length === 0 ? otherwise : ids.reduce((sum, id) => sum + middle(id), 0) / ids.length
  for (let sweep = 0; sweep < 8; sweep++) {
    const order = sweep % 2 === 0 ? filled : filled.toReversed()
    for (const column of order) {
      const weight = new Map(
        column.map((table) => {
          const near =
            sweep % 2 === 0
              ? table.reads.filter((id) => byId.has(id))
              : tables.filter((other) => other.reads.includes(table.id)).map(({ id }) => id)
          return [table, mean(near, middle(table.id))]
        }),
      )
      column.sort((a, b) => weight.get(a) - weight.get(b))
      place()
    }
  }
  return at
}

/** Everything that is reached over `next` from a start, itself included. */
function closure(start, next) {
  const seen = new Set([start])
  const waiting = [start]
  while (waiting.length > 0) {
    for (const other of next(waiting.pop())) {
      if (seen.has(other)) continue
      seen.add(other)
      waiting.push(other)
    }
  }
  return seen
}

/**
 * Draws tables into a container.
 * @param options `columns`: show them; `open(id)`: a table was chosen to be opened; `matches(table)`: others
 *   are dimmed; `column`: the one to follow, of the `whole` graph's tables
 */
function drawGraph(container, tables, options = {}) {
  const { columns = false, open, matches, column, whole } = options
  container.replaceChildren()
  const at = layOut(tables, columns)
  const byId = new Map(tables.map((table) => [table.id, table]))
  const edges = svg('g')
  const nodes = svg('g')
  const scene = svg('g', {}, edges, nodes)
  const picture = svg('svg', { role: 'group', 'aria-label': 'Lineage graph' }, scene)
  container.append(picture)

  const drawnEdges = []
  const curve = (x1, y1, x2, y2) => {
    const bend = Math.max(40, (x2 - x1) / 2)
    return `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`
  }
  for (const table of tables) {
    for (const id of table.reads.filter((one) => byId.has(one))) {
      const [a, b] = [at.get(id), at.get(table.id)]
      const path = svg('path', {
        class: 'edge',
        d: curve(a.x + WIDTH, a.y + HEAD / 2, b.x, b.y + HEAD / 2),
      })
      edges.append(path)
      drawnEdges.push({ path, from: id, to: table.id })
    }
  }

  const drawnNodes = new Map()
  const picks = new Map()
  for (const table of tables) {
    const { x, y, height } = at.get(table.id)
    const node = svg('g', {
      class: 'node',
      transform: `translate(${x},${y})`,
      style: `--c: var(--${table.layer})`,
      tabindex: 0,
      role: 'button',
      'data-id': table.id,
      'aria-label': table.id,
    })
    const label = svg('text', { x: 16, y: 20 }, shorten(table.id, 24))
    const title = svg('title', {}, `${table.id}: ${table.description}`)
    node.append(
      title,
      svg('rect', { class: 'box', width: WIDTH, height, rx: 9 }),
      svg('rect', { class: 'stripe', width: 5, height: height - 14, x: 0, y: 7, rx: 2.5 }),
      label,
      svg('text', { class: 'sub', x: 16, y: 36 }, `${table.layer}${table.rowsText ?? ''}`),
    )
    if (columns) {
      table.columns.forEach((column, index) => {
        const pick = svg('g', {
          class: 'pick',
          transform: `translate(6,${HEAD + index * ROW})`,
          'data-column': column.name,
          tabindex: 0,
          role: 'button',
          'aria-label': `${table.id}.${column.name}`,
        })
        pick.append(
          svg('rect', { class: 'row', width: WIDTH - 12, height: ROW, rx: 4 }),
          svg('text', { class: 'col', x: 10, y: 13.5 }, shorten(column.name, 26)),
        )
        pick.addEventListener('click', (event) => {
          event.stopPropagation()
          chooseColumn(table.id, column.name)
        })
        pick.addEventListener('keydown', (event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return
          event.preventDefault()
          event.stopPropagation()
          chooseColumn(table.id, column.name)
        })
        picks.set(`${table.id}\0${column.name}`, pick)
        node.append(pick)
      })
    }
    node.addEventListener('click', () => choose(table.id))
    node.addEventListener('dblclick', () => open?.(table.id))
    node.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') open?.(table.id)
      if (event.key !== ' ') return
      event.preventDefault()
      choose(table.id)
    })
    nodes.append(node)
    drawnNodes.set(table.id, node)
  }

  const readersOf = (id) => tables.filter((table) => table.reads.includes(id)).map(({ id }) => id)
  const fromColumn = (key) => {
    const [id, name] = key.split('\0')
    const column = byId.get(id)?.columns.find((one) => one.name === name)
    return (column?.from ?? []).map(({ table, column }) => `${table}\0${column}`)
  }
  const toColumn = new Map()
  for (const table of tables)
    for (const column of table.columns)
      for (const origin of column.from) {
        const key = `${origin.table}\0${origin.column}`
        toColumn.set(key, [...(toColumn.get(key) ?? []), `${table.id}\0${column.name}`])
      }

  const columnEdges = svg('g')
  scene.insertBefore(columnEdges, nodes)
  let chosen
  const clear = () => {
    chosen = undefined
    columnEdges.replaceChildren()
    for (const node of drawnNodes.values()) node.classList.remove('dim', 'on')
    for (const pick of picks.values()) pick.classList.remove('on')
    for (const { path } of drawnEdges) path.classList.remove('dim', 'on')
    if (matches) {
      for (const [id, node] of drawnNodes) node.classList.toggle('dim', !matches(byId.get(id)))
      for (const { path, from, to } of drawnEdges)
        path.classList.toggle('dim', !matches(byId.get(from)) || !matches(byId.get(to)))
    }
  }
  const highlight = (ids, start) => {
    for (const [id, node] of drawnNodes) {
      node.classList.toggle('dim', !ids.has(id))
      node.classList.toggle('on', id === start)
    }
  }
  const showAll = () => {
    if (whole === undefined) clear()
    else drawGraph(container, whole, { columns, open, matches })
  }
  function choose(id) {
    if (chosen === id) return clear()
    clear()
    chosen = id
    const up = closure(id, (one) => (byId.get(one)?.reads ?? []).filter((other) => byId.has(other)))
    const down = closure(id, readersOf)
    highlight(new Set([...up, ...down]), id)
    for (const { path, from, to } of drawnEdges) {
      const on = (up.has(from) && up.has(to)) || (down.has(from) && down.has(to))
      path.classList.toggle('on', on)
      path.classList.toggle('dim', !on)
    }
  }
  function chooseColumn(id, name) {
    const key = `${id}\0${name}`
    if (chosen === key) return showAll()
    clear()
    chosen = key
    const all = new Set([
      ...closure(key, fromColumn),
      ...closure(key, (k) => toColumn.get(k) ?? []),
    ])
    const involved = new Set([...all].map((one) => one.split('\0')[0]))
    if (involved.size < tables.length && whole === undefined) {
      // Only what the column touches is drawn, side by side.
      const some = tables.filter((table) => involved.has(table.id))
      drawGraph(container, some, { columns, open, matches, column: [id, name], whole: tables })
      return
    }
    highlight(involved, id)
    for (const { path } of drawnEdges) path.classList.add('dim')
    const middle = (one) => {
      const [table, column] = one.split('\0')
      const index = byId.get(table)?.columns.findIndex(({ name }) => name === column)
      const place = at.get(table)
      return place && index >= 0
        ? { x: place.x, y: place.y + HEAD + (index + 0.5) * ROW }
        : undefined
    }
    for (const one of all) {
      picks.get(one)?.classList.add('on')
      for (const origin of fromColumn(one)) {
        const [a, b] = [middle(origin), middle(one)]
        if (!all.has(origin) || !a || !b) continue
        columnEdges.append(svg('path', { class: 'edge on', d: curve(a.x + WIDTH, a.y, b.x, b.y) }))
      }
    }
  }

  // Zooming and moving.
  let view = { x: 0, y: 0, scale: 1 }
  const show = () =>
    scene.setAttribute('transform', `translate(${view.x},${view.y}) scale(${view.scale})`)
  const fit = () => {
    const places = [...at.values()]
    if (places.length === 0) return
    const box = container.getBoundingClientRect()
    const left = Math.min(...places.map((place) => place.x))
    const right = Math.max(...places.map((place) => place.x + WIDTH))
    const top = Math.min(...places.map((place) => place.y))
    const bottom = Math.max(...places.map((place) => place.y + place.height))
    const fitting = Math.min(
      1.1,
      (box.width - 48) / (right - left),
      (box.height - 48) / (bottom - top),
    )
    // Names that nobody can read help nobody: then the graph is larger than its frame, and begins at its left.
    const scale = Math.max(columns || box.width < 600 ? 0.5 : 0, fitting)
    const spare = box.width - (right - left) * scale
    view = {
      scale,
      x: Math.max(columns ? -Infinity : 16, spare / 2) - left * scale,
      y: (box.height - (top + bottom) * scale) / 2,
    }
    show()
  }
  const zoom = (factor, x, y) => {
    const scale = Math.min(3, Math.max(0.12, view.scale * factor))
    const by = scale / view.scale
    view = { scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by }
    show()
  }
  picture.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      const box = picture.getBoundingClientRect()
      zoom(Math.exp(-event.deltaY * 0.0014), event.clientX - box.left, event.clientY - box.top)
    },
    { passive: false },
  )
  let grabbed
  picture.addEventListener('pointerdown', (event) => {
    grabbed = { x: event.clientX - view.x, y: event.clientY - view.y }
  })
  picture.addEventListener('pointermove', (event) => {
    if (!grabbed || event.buttons === 0) return
    view = { ...view, x: event.clientX - grabbed.x, y: event.clientY - grabbed.y }
    show()
  })
  for (const end of ['pointerup', 'pointercancel'])
    picture.addEventListener(end, () => (grabbed = undefined))
  picture.addEventListener('click', (event) => {
    if (event.target === picture) showAll()
  })
  const buttons = document.createElement('div')
  buttons.className = 'zoom'
  const middle = () => [container.clientWidth / 2, container.clientHeight / 2]
  for (const [text, label, act] of [
    ['+', 'Zoom in', () => zoom(1.3, ...middle())],
    ['−', 'Zoom out', () => zoom(1 / 1.3, ...middle())],
    ['Fit', 'Show all', () => (whole === undefined ? fit() : showAll())],
  ]) {
    const button = document.createElement('button')
    button.className = 'icon'
    button.textContent = text
    button.title = label
    button.addEventListener('click', act)
    buttons.append(button)
  }
  container.append(buttons)
  clear()
  fit()
  if (column !== undefined) {
    chooseColumn(...column)
    // Who came to it by keyboard goes on from there.
    picks.get(column.join('\0'))?.focus({ preventScroll: true })
  }
}

const shorten = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
