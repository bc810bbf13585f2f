import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { installChromium } from '../../scripts/browser/chromium.ts'
import { days, run } from '../../src/index.ts'
import { full } from '../../topologies/full.ts'
import { simulateLanding } from '../../topologies/simulators/writeLanding.ts'

const root = join(import.meta.dirname, '../..')
let folder: string
let browser: Browser
let page: Page
let url: string
const faults: string[] = []
const requests: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluicebox-site-'))
  const [lake, landing] = [join(folder, 'lake'), join(folder, 'landing')]
  await mkdir(landing)
  await simulateLanding({ landing, events: 2000, seed: 3 })
  await run(full({ lake, landing })).done
  const site = join(root, 'scripts/docs/site.ts')
  execFileSync(process.execPath, [site, '--lake', lake, '--out', folder], { cwd: root })
  url = pathToFileURL(join(folder, 'index.html')).href
  browser = await chromium.launch({
    executablePath: installChromium(),
    // As root, which containers run tests as, it has no sandbox.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
})
afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 950 }, colorScheme: 'light' })
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(url)
})
afterEach(async () => {
  await page.close()
  expect(faults).toEqual([])
  expect(requests.filter((one) => !/^(file|data):/.test(one))).toEqual([])
})

/** An attribute of everything that a selector finds. */
async function attributes(selector: string, name: string): Promise<(string | null)[]> {
  const all = await page.locator(selector).all()
  return Promise.all(all.map((one) => one.getAttribute(name)))
}
const texts = (selector: string): Promise<string[]> => page.locator(selector).allInnerTexts()

it('shows every table in the menu and in the graph, with rows and checks', async () => {
  expect(await page.title()).toBe('Social media analytics · Social media analytics')
  const nodes = await attributes('.graph .node', 'data-id')
  expect(nodes).toHaveLength(30)
  for (const id of ['bronze.reddit', 'silver.posts', 'quarantine', 'brands', 'dim_users']) {
    expect(nodes).toContain(id)
    expect(await page.locator(`nav a[href="#/table/${id}"]`).count()).toBe(1)
  }
  const cards = await texts('.card')
  expect(cards.some((card) => /^1,8\d\d\s+rows in silver\.posts$/.test(card))).toBe(true)
  expect(cards.some((card) => /^\d+ ✓\s+expectations passed$/.test(card))).toBe(true)
})

it('follows a column from table to table', async () => {
  // A page is drawn some time after its link was clicked.
  const follow = async (link: string, to: string | RegExp): Promise<void> => {
    await page.click(link)
    await expect.poll(() => page.locator('h1').innerText()).toMatch(to)
  }
  const origin = 'tr.target td:nth-child(4) a.tag >> nth=0'
  await follow('nav a[href="#/table/dim_users"]', /^dim_users$/)
  await follow('#c-username a.tag', /^int_posts_enriched$/)
  expect(await page.locator('tr.target code').first().innerText()).toBe('author_name')
  await follow(origin, /^int_posts$/)
  await follow(origin, /^stg_/)
  await follow(origin, /^silver.posts$/)
  expect(await page.locator('tr.target').innerText()).toContain("The author's or channel's name.")
  await page.goBack()
  await expect.poll(() => page.locator('h1').innerText()).toMatch(/^stg_/)
})

const TEST_HEADINGS = ['test', 'failing rows', 'took', 'last run']
const HEADINGS = ['expectation', 'about', 'found', 'suite']

it('shows what is expected of a table and what was found', async () => {
  await page.goto(`${url}#/table/fact_post_metrics`)
  const checks = await texts('table.checks tr')
  expect(checks.length).toBeGreaterThan(10)
  expect(checks.join('\n')).toMatch(
    /passed\s+expectColumnValuesToBeUnique\s+post_key\s+0 of 1,8\d\d/,
  )
  await page.goto(`${url}#/checks`)
  expect(await page.locator('.lead').innerText()).toMatch(/^(\d+) of \1 expectations passed/)
  // Each says which table it is about, and no column is cut off.
  expect(await texts('table.checks th')).toEqual(['', 'table', ...HEADINGS])
  const [, first = ''] = await texts('table.checks tr')
  expect(first).toMatch(/^passed\s+bronze\.twitter\s+expect/)
  // Tests of the models too, with how they went last.
  await page.goto(`${url}#/table/dim_users`)
  const tests = (await texts('table.tests tr')).join('\n')
  expect(tests).toMatch(/passed\s+unique_dim_users_user_key\s+0\s+\d+ ms\s+\d{4}-\d\d-\d\d/)
  expect(tests).toMatch(/passed\s+relationships_dim_users_platform__/)
  await page.goto(`${url}#/table/fact_post_metrics`)
  const more = (await texts('table.tests tr')).join('\n')
  expect(more).toMatch(/passed\s+every_post_has_metrics\s*singular\s+0\s/)
  expect(more).toMatch(/passed\s+rates_need_impressions\s*unit\s+0\s/)
  await page.goto(`${url}#/checks`)
  expect(await texts('table.tests th')).toEqual(['', 'table', ...TEST_HEADINGS])
  const rows = await page.locator('table.tests tr').count()
  expect(rows).toBeGreaterThan(40)
  expect(await page.locator('table.tests .tag.good').count()).toBe(rows - 1)
  expect(await page.locator('table.tests .tag.bad').count()).toBe(0)
  await page.setViewportSize({ width: 1280, height: 800 })
  const panel = "document.querySelector('table.checks').parentElement"
  expect(await page.evaluate(`${panel}.scrollWidth - ${panel}.clientWidth`)).toBe(0)
})

it('counts the records of Bronze', async () => {
  const cards = async (table: string) => {
    await page.goto(`${url}#/table/${table}`)
    return (await texts('.card')).join(' ')
  }
  const all = await Promise.all(['twitter', 'reddit', 'youtube'].map((one) => bronzeRows(one)))
  expect(all.reduce((sum, rows) => sum + rows, 0)).toBe(2000)
  expect(await cards('bronze.twitter')).toContain(`${all[0]!.toLocaleString('en')}\nrows`)
  await page.goto(url)
  expect((await texts('.card')).join(' ')).toContain('2,000\nrecords in Bronze')
})

it('says why records are in the quarantine', async () => {
  await page.goto(`${url}#/table/quarantine`)
  const [rows = ''] = await texts('.card b')
  const counts = (await texts('#reasons td.num')).map(Number)
  expect(counts.length).toBeGreaterThan(2)
  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(Number(rows))
  expect(await texts('#reasons code')).toContain('bad_timestamp')
})

it('says how to get a lake where there is none', async () => {
  const out = join(folder, 'none')
  const site = ['scripts/docs/site.ts', '--lake', join(out, 'lake'), '--out', out]
  execFileSync(process.execPath, site, { cwd: root })
  await page.goto(pathToFileURL(join(out, 'index.html')).href)
  expect(await page.locator('#no-lake').innerText()).toMatch(/npm start.*npm run docs/)
  expect(await page.locator('.graph .node').count()).toBe(30)
  await page.goto(url)
  expect(await page.locator('#no-lake').count()).toBe(0)
})

/** What a reader of the files counts. */
async function bronzeRows(platform: string): Promise<number> {
  const files = join(folder, 'lake/bronze', platform, '**/*.*')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const read =
    platform === 'youtube'
      ? `read_csv('${files}', union_by_name = true, all_varchar = true, ignore_errors = true)`
      : `read_csv('${files}', columns = {line: 'VARCHAR'}, delim = chr(1), quote = '', escape = '', header = false)`
  const rows = (await connection.runAndReadAll(`select count(*) from ${read}`)).getRows()
  instance.closeSync()
  return Number(rows[0]![0])
}

it('says why a first Gold was not published, on the first page and at the tables', async () => {
  const lake = join(folder, 'blocked')
  const start = (ahead: number, ...more: string[]) => {
    const clock = `const now = Date.now; Date.now = () => now() + ${ahead}`
    const preload = `data:text/javascript,${encodeURIComponent(clock)}`
    const where = ['--lake', lake, '--landing', join(folder, 'landing')]
    return spawnSync(
      process.execPath,
      ['--import', preload, 'topologies/full.ts', ...where, ...more],
      { cwd: root },
    ).status
  }
  expect(start(-days(8), '--until', 'silver')).toBe(0)
  expect(start(0)).toBe(3)
  const site = ['scripts/docs/site.ts', '--lake', lake, '--out', lake]
  execFileSync(process.execPath, site, { cwd: root })
  const blocked = pathToFileURL(join(lake, 'index.html')).href
  await page.goto(blocked)
  const why = await page.locator('#blocked').innerText()
  expect(why).toContain('Nothing is published yet. Gold is published with the next build')
  expect(why).toMatch(/blocked\s+silver\.posts\s+expectColumnMaxToBeRecent\s+twitter has delivered/)
  await page.goto(`${blocked}#/table/dim_users`)
  expect((await texts('.card')).join(' ')).toContain('not published yet')
  expect((await texts('table.checks tr')).join('\n')).toMatch(
    /passed\s+expectColumnValuesToBeUnique/,
  )
  await page.goto(url)
  expect(await page.locator('#blocked').count()).toBe(0)
})

it('finds tables and columns', async () => {
  await page.keyboard.press('/')
  await page.keyboard.type('followers')
  const hits = await texts('.hits a span')
  expect(hits).toContain('dim_users.followers')
  expect(hits).toContain('bronze.twitter.user.followers')
  await page.keyboard.press('Enter')
  expect(await page.locator('tr.target').innerText()).toContain('followers')
  await page.fill('#search', '<img src=x onerror=alert(1)>')
  expect(await page.locator('.hits').innerText()).toContain('Nothing has that')
})

it('is searched without a mouse', async () => {
  await page.keyboard.press('/')
  await page.keyboard.type('post')
  const hits = await texts('.hits a span')
  expect(hits.length).toBe(40)
  expect(await page.locator('.hits').innerText()).toMatch(/and \d+ more: say more of it\.$/)
  const focused = () => page.evaluate('document.activeElement.firstChild?.textContent')
  for (const at of [0, 1]) {
    await page.keyboard.press('ArrowDown')
    expect(await focused()).toBe(hits[at])
  }
  await page.keyboard.press('Enter')
  await expect.poll(() => page.locator('h1').innerText()).toBe(hits[1])
  await page.focus('.hits a >> nth=0')
  await page.keyboard.press('ArrowUp')
  expect(await page.evaluate('document.activeElement.id')).toBe('search')
  await page.keyboard.press('Escape')
  expect(await page.locator('.hits').count()).toBe(0)
})

it('fits a telephone', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  const wider = () => page.evaluate('document.documentElement.scrollWidth - innerWidth')
  for (const to of [
    '',
    '#/lineage',
    '#/checks',
    '#/table/silver.posts',
    '#/table/fact_post_metrics',
  ]) {
    await page.goto(url + to)
    expect([to, await wider()]).toEqual([to, 0])
  }
  const menu = page.locator('#menu')
  expect(await menu.isVisible()).toBe(false)
  await page.click('#tables')
  await page.click('nav a[href="#/table/dim_users"]')
  await expect.poll(() => page.locator('h1').innerText()).toBe('dim_users')
  expect(await menu.isVisible()).toBe(false)
  await page.fill('#search', 'followers')
  expect(await menu.isVisible()).toBe(true)
})

it('can be read: text stands out from its ground', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await page.evaluate(TOO_FAINT)).toEqual([])
  }
})
/** Pairs of text and ground with less contrast than 4.5 : 1, which WCAG 2 asks for. */
const TOO_FAINT = `(() => {
  const style = getComputedStyle(document.documentElement)
  const luminance = (name) => {
    const hex = style.getPropertyValue('--' + name).trim()
    const [r, g, b] = [1, 3, 5].map((at) => {
      const part = parseInt(hex.slice(at, at + 2), 16) / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
    return (light + 0.05) / (dark + 0.05)
  }
  const pairs = ['good', 'bad', 'warn', 'accent'].map((name) => [name, name + '-soft'])
  for (const text of ['ink', 'soft', 'faint', 'accent'])
    for (const ground of ['page', 'panel', 'raised']) pairs.push([text, ground])
  return pairs.map((pair) => [...pair, contrast(...pair)]).filter(([, , found]) => !(found >= 4.5))
})()`

it('zooms, moves and filters the graph', async () => {
  await page.click('nav a[href="#/lineage"]')
  const view = () => page.locator('.graph svg > g').getAttribute('transform')
  const scale = async () => Number(/scale\((.+)\)/.exec((await view()) ?? '')?.[1])
  const before = await scale()
  await page.mouse.move(800, 500)
  await page.mouse.wheel(0, -600)
  await expect.poll(scale).toBeGreaterThan(before * 1.5)
  const placed = await view()
  await page.mouse.down()
  await page.mouse.move(900, 560)
  await page.mouse.up()
  expect(await view()).not.toBe(placed)
  await page.click('.zoom button >> text=Fit')
  expect(await scale()).toBe(before)

  await page.click('.chip[data-layer=staging]')
  await page.click('.chip[data-layer=intermediate]')
  expect(await page.locator('.node').count()).toBe(20)
  // What is hidden is bridged: a mart is still made from Silver.
  await page.click('.node[data-id=mart_share_of_voice] .box')
  expect(await page.locator('.node:not(.dim)[data-id="silver.posts"]').count()).toBe(1)
  expect(await page.locator('.node.dim[data-id=dim_users]').count()).toBe(1)

  await page.fill('#filter', 'hashtag')
  expect(await page.locator('.node:not(.dim)[data-id=dim_hashtags]').count()).toBe(1)
  expect(await page.locator('.node.dim[data-id=dim_platforms]').count()).toBe(1)
})

it('draws the way of one column from Silver to a mart', async () => {
  await page.goto(`${url}#/lineage`)
  await page.click('#show-columns')
  const pick = page.locator('[data-id=mart_trending_hashtags] [data-column=engagement_7d]')
  await pick.focus()
  await page.keyboard.press('Enter')
  const shown = (await attributes('.node', 'data-id')).sort()
  expect(shown).toEqual([
    'int_hashtag_days',
    'int_post_hashtags',
    'int_posts',
    'int_posts_enriched',
    'mart_trending_hashtags',
    'silver.posts',
    'stg_reddit__posts',
    'stg_twitter__tweets',
    'stg_youtube__videos',
  ])
  expect(await page.evaluate('document.activeElement.dataset.column')).toBe('engagement_7d')
  const silver = await attributes('[data-id="silver.posts"] .pick.on', 'data-column')
  expect(silver).toEqual(['likes', 'shares', 'comments'])
  await page.click('.zoom button >> text=Fit')
  expect(await page.locator('.node').count()).toBe(30)
})

it('is light or dark as the system is, or as its reader likes', async () => {
  const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  expect(await background()).toBe('rgb(246, 245, 241)')
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(background).toBe('rgb(20, 22, 26)')
  await page.click('#theme')
  expect(await background()).toBe('rgb(246, 245, 241)')
})
