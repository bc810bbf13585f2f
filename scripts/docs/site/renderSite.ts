import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Catalog } from './catalog.ts'

const page = (file: string): string => readFileSync(join(import.meta.dirname, 'page', file), 'utf8')

const LOGO =
  '<svg width="30" height="30" viewBox="0 0 30 30" aria-hidden="true"><rect width="30" height="30" rx="8" fill="#b98500"/><path d="M6 10h18l-3 4H9zM9 16h12l-2.4 3.4h-7.2z" fill="#fff"/><circle cx="15" cy="23" r="1.9" fill="#fff"/></svg>'

/** The whole site as one HTML file: it needs no server and loads nothing. */
export function renderSite(catalog: Catalog): string {
  // What would end the script, or begin a comment in it, is written so that it can't.
  const data = JSON.stringify(catalog).replaceAll('<', '\\u003c')
  const policy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Data catalog</title>
<link rel="icon" href="data:,">
<style>
${page('style.css')}</style>
</head>
<body>
<aside>
<button class="icon" id="tables" aria-expanded="false" aria-controls="menu">Tables</button>
<a class="brand" href="#/">${LOGO}<span>Data catalog<small>${lakeName(catalog)}</small></span></a>
<div class="search"><input id="search" type="search" placeholder="Search" aria-label="Search tables and columns"><kbd>/</kbd></div>
<nav id="menu" aria-label="Tables"></nav>
</aside>
<main></main>
<script type="application/json" id="catalog">${data}</script>
<script>
${page('graph.js')}</script>
<script>
${page('page.js')}</script>
</body>
</html>
`
}

const lakeName = ({ lake }: Catalog): string =>
  lake === null
    ? 'definitions, no lake'
    : lake.url.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
