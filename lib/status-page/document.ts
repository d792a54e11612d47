/** Renders the page as an HTML document. It is complete, so that it can be read without its script. */
import { createHash } from 'node:crypto'
import { DIALOG } from './actions/dialog.js'
import { ACTIONS_SCRIPT } from './actions/script.js'
import { ACTIONS_STYLE } from './actions/style.js'
import type { Content } from './board.js'
import { Html, markup } from './html.js'
import { RESULTS, type Result } from './recent.js'
import { labels } from './row.js'
import { SCRIPT } from './script.js'
import { sample } from './strip.js'
import { STYLE } from './style.js'

/** Seconds after which a browser without scripts reloads the page. */
const REFRESH = 10
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M1 8h5l5-5M11 8h4" stroke="#1a7f4b" stroke-width="2" fill="none"/></svg>',
)}`
const LEGEND: Readonly<Record<Result, string>> = {
  success: 'success',
  failure: 'failure',
  slow: 'too slow',
  ignored: 'ignored (proves nothing)',
  refused: 'refused by the circuit',
  'dry-run': 'sent, but counted as refused',
}

const scriptOf = (hasActions: boolean): string => `${SCRIPT}${hasActions ? ACTIONS_SCRIPT : ''}`
const styleOf = (hasActions: boolean): string => `${STYLE}${hasActions ? ACTIONS_STYLE : ''}`

/** Allows the page's own script and style, by their hashes, and no others. */
export function policyOf(hasActions: boolean): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(scriptOf(hasActions))}'`,
    `style-src '${hashOf(styleOf(hasActions))}'`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** @returns a function that renders the document. Make one per page: the board caches by function. */
export function documentOf(heading: string, hasActions: boolean): (content: Content) => string {
  const script = new Html(`<script>${scriptOf(hasActions)}</script>`)
  const style = new Html(`<style>${styleOf(hasActions)}</style>`)
  return (content) =>
    markup`<!doctype html>
<html lang="en">
${headOf(content.title, style)}
<body${content.token === undefined ? markup`` : markup` data-token="${content.token}"`}>
<main>
<header><h1>${heading}</h1><p id="live" role="status"></p></header>
<p id="summary" role="status">${new Html(content.summary)}</p>
<p id="storage" role="status">${new Html(content.storage)}</p>
${tableOf(content, heading)}
${hasActions ? DIALOG : markup``}
${FOOTER}
</main>
${script}
</body>
</html>
`.text
}

function headOf(title: string, style: Html): Html {
  return markup`<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${ICON}">
${style}
<noscript><meta http-equiv="refresh" content="${REFRESH}"></noscript>
</head>`
}

/** The roles say what the elements say. But on narrow screens, some browsers forget that this is a table. */
function tableOf({ rows, token }: Content, heading: string): Html {
  const names = ['Circuit', ...labels(token !== undefined)]
  const columns = names.map((label) => markup`<th role="columnheader" scope="col">${label}</th>`)
  return markup`<table role="table">
<caption>${heading}</caption>
<thead role="rowgroup"><tr role="row">${columns}</tr></thead>
<tbody role="rowgroup">${rows.map(([, row]) => new Html(row))}</tbody>
</table>`
}

const SAMPLES = RESULTS.map((result) => markup`<li>${sample(result)} ${LEGEND[result]}</li>`)
const UNSCRIPTED = markup`Refreshes every ${REFRESH} s · <a href="?">Refresh now</a> ·`
const FOOTER = markup`<footer>
<ul aria-label="Recent requests, newest on the right">${SAMPLES}</ul>
<p><noscript>${UNSCRIPTED} </noscript><a href="?format=json">JSON</a></p>
</footer>`
