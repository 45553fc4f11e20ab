import { createHash } from 'node:crypto'
import { html, Markup } from './markup.ts'

// Contrast with the background: text at least 4.5, bars at least 3, in both schemes.
// https://www.w3.org/TR/WCAG22/#contrast-minimum
const STYLE = `
:root { color-scheme: light dark; --back: #fff; --raised: #f6f8fa; --text: #1f2328; --muted: #57606a; --line: #d0d7de; --grid: #e4e8ec;
  --link: #0550ae; --done: #0969da; --cached: #1a7f37; --failed: #cf222e; --around: #8250df; --warn: #7d4e00 }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --raised: #161b22; --text: #e6edf3; --muted: #9da7b3; --line: #30363d;
  --grid: #21262d; --link: #79b8ff; --done: #4493f8; --cached: #3fb950; --failed: #ff7b72; --around: #ab7df8; --warn: #e3b341 } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }
main, footer { max-width: 75rem; margin: 0 auto; padding: 1.5rem 1rem }
footer { padding-top: 0; color: var(--muted); font-size: .85rem }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere }
h2 { font-size: 1.2rem; margin: 2rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
h3, h4 { font-size: 1rem; margin: 1.25rem 0 .25rem; overflow-wrap: anywhere }
h3 small, h4 small, .muted { color: var(--muted); font-weight: normal; font-size: .85rem }
p { margin: .5rem 0; overflow-wrap: anywhere }
a { color: var(--link) }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: .85em; overflow-wrap: anywhere }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; margin: .5rem 0; overflow-x: auto; font-size: .8rem }
pre mark { background: none; color: var(--failed); font-weight: 600 }
.wrap { white-space: pre-wrap }
ul { margin: .25rem 0; padding-left: 1.25rem }
.failed { color: var(--failed); font-weight: 600 } .cached { color: var(--cached) } .muted-result { color: var(--muted) }
dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0 0 }
dl.figures div { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem }
dl.figures dt { color: var(--muted); font-size: .8rem } dl.figures dd { margin: 0; font-size: 1.15rem; font-weight: 600 }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line) }
th { font-size: .85rem; white-space: nowrap } td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
td code { display: block }
th button { all: unset; cursor: pointer; color: var(--link); font-weight: 600; padding: .35rem 0 }
th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px }
th button::after { content: '\\2195'; opacity: .6; margin-left: .3em }
th[aria-sort=ascending] button::after { content: '\\2191'; opacity: 1 } th[aria-sort=descending] button::after { content: '\\2193'; opacity: 1 }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; color: var(--muted); font-size: .85rem }
.legend svg { width: 14px; height: 10px; margin-right: .4em }
ol.lane { list-style: none; margin: 0; padding: 0 }
ol.lane li { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr) 5.5rem; column-gap: .75rem; align-items: center }
ol.lane .name { font-size: .8rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace }
ol.lane .time { font-size: .8rem; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--muted) }
ol.lane .critical .name, ol.lane .critical .time { font-weight: 700 } ol.lane .critical .time:not(.failed) { color: var(--text) }
ol.lane .time.failed { color: var(--failed) }
.axis .name { visibility: hidden }
svg { display: block; overflow: visible } .legend svg { display: inline-block }
svg text { fill: var(--muted); font-size: 11px }
svg line { stroke: var(--grid) }
svg rect { stroke-width: 1.5; stroke-linejoin: round }
.b-done { fill: var(--done); stroke: var(--done) } .b-cached { fill: var(--cached); stroke: var(--cached) }
.b-failed { fill: var(--failed); stroke: var(--failed) } .b-around { fill: var(--around); stroke: var(--around) }
@media (min-width: 44.01rem) { .narrow { display: none } }
@media (max-width: 44rem) {
  .wide { display: none }
  th, td { padding: .4rem .35rem }
  ol.lane li { grid-template-columns: minmax(0, 1fr) auto; padding: .2rem 0 }
  ol.lane .name { grid-row: 1; grid-column: 1 } ol.lane .time { grid-row: 1; grid-column: 2 } ol.lane svg { grid-row: 2; grid-column: 1 / 3 }
  .axis .name, .axis .time { display: none }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth } }
`

const SCRIPT = `
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells]
  heads.forEach((head, column) => {
    const button = head.querySelector('button')
    button?.addEventListener('click', () => {
      const sorted = head.getAttribute('aria-sort')
      const order = sorted ? (sorted === 'ascending' ? 'descending' : 'ascending') : button.dataset.first
      for (const each of heads) each.removeAttribute('aria-sort')
      head.setAttribute('aria-sort', order)
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent
      const compare = (a, b) => head.classList.contains('number') ? a - b : a.localeCompare(b)
      const rows = [...table.tBodies[0].rows].sort((a, b) => compare(value(a), value(b)) * (order === 'ascending' ? 1 : -1))
      table.tBodies[0].replaceChildren(...rows)
    })
  })
}
`

/**
 * A whole page that loads nothing and runs nothing but its own style and script: the policy names both by their digest, so
 * that not even markup that slipped through could run.
 *
 * @see https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 */
export function page(title: string, body: Markup): string {
  const policy = [
    `default-src 'none'`,
    `style-src ${digestOf(STYLE)}`,
    `script-src ${digestOf(SCRIPT)}`,
    'img-src data:',
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ')
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(STYLE)}</style>
</head>
<body>
${body}
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`
  return text
}

function digestOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
