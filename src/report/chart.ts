import { cut, oneLine } from './escape.ts'
import { html, type Markup } from './markup.ts'
import { count, formatSeconds } from './quantity.ts'
import { joinSpans, type Lane, type Row, rowTitle, type Timeline } from './timeline.ts'

const MOST_ROWS = 300
const LABEL = 300
const BAR = { done: 'b-done', cached: 'b-cached', failed: 'b-failed', cancelled: 'b-failed', 'not run': 'b-done' } as const
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200]

/**
 * The timeline of a build: for each platform a list of its steps, each with its bars as SVG, which stretch with the page.
 *
 * @param level of the headings
 */
export function toChart(timeline: Timeline, level: number): Markup {
  const { lanes, length } = timeline
  const chain = lanes.flatMap(({ rows }) => rows).filter(({ critical }) => critical)
  const waited = chain.reduce((sum, { seconds }) => sum + seconds, 0)
  const shown = longest(timeline)
  const drawn = lanes.flatMap((lane) => toLane(lane, shown, { length, level }))
  const left = lanes.flatMap(({ rows }) => rows).filter(({ spans }) => spans.length > 0).length - shown.size
  return html`<ul class="legend">
<li>${swatch('b-done')}step</li><li>${swatch('b-cached')}from the cache</li><li>${swatch('b-around')}loading and exporting</li><li>${swatch('b-failed')}failed or cancelled</li>
</ul>
<p class="muted">In bold: the longest chain of steps, each waiting for the one before: ${count(chain.length, 'step')}, ${formatSeconds(waited)} of ${formatSeconds(length / 1000)}.${left > 0 ? ` ${count(left, 'shorter step')} not drawn; the table has them.` : ''}</p>
${drawn}`
}

/** The name of a lane for people. */
export function laneTitle(platform: string | undefined): string {
  return platform === undefined ? 'Other work' : platform === '' ? 'Dockerfile' : platform
}

function longest({ lanes }: Timeline): ReadonlySet<Row> {
  const ran = lanes.flatMap(({ rows }) => rows).filter(({ spans }) => spans.length > 0)
  return new Set(ran.sort((a, b) => b.seconds - a.seconds).slice(0, MOST_ROWS))
}

function toLane(
  { platform, rows, total, cached }: Lane,
  shown: ReadonlySet<Row>,
  { length, level }: { length: number; level: number },
): Markup[] {
  const own = rows.filter((row) => shown.has(row))
  if (own.length === 0) return []
  const told = total === 0 ? '' : `${count(total, 'step')}, ${cached} from the cache`
  return [
    html`<h${level}>${oneLine(laneTitle(platform), LABEL)} <small>${told}</small></h${level}>
<ol class="lane">
<li class="axis" aria-hidden="true"><span class="name">time</span>${axis(length)}<span class="time"></span></li>
${own.map((row) => toItem(row, length))}</ol>
`,
  ]
}

function toItem(row: Row, length: number): Markup {
  const name = oneLine(rowTitle(row), LABEL)
  const time = row.outcome === 'done' ? formatSeconds(row.seconds) : row.outcome === 'cached' ? 'cached' : row.outcome
  return html`<li class="${row.critical ? 'critical' : ''}"><span class="name" title="${name}">${name}</span>${bars(row, length)}<span class="time ${row.outcome === 'failed' ? 'failed' : ''}">${time}</span></li>
`
}

function bars(row: Row, length: number): Markup {
  const around = (row.kind === 'load' || row.kind === 'export') && row.outcome === 'done'
  const spans = joinSpans(row.spans, length / 500)
  return html`<svg width="100%" height="16" aria-hidden="true" focusable="false">${grid(length, 16)}${spans.map(
    ({ from, to }) =>
      html`<rect class="${around ? 'b-around' : BAR[row.outcome]}" x="${percent(from, length)}" width="${to - from < length / 500 ? 2 : percent(to - from, length)}" y="4" height="8"/>`,
  )}</svg>`
}

function axis(length: number): Markup {
  const labels = ticks(length).map((at) => {
    return html`<text x="${percent(at, length)}" y="12" text-anchor="${at === 0 ? 'start' : 'middle'}">${cut(clock(at), 12)}</text>`
  })
  return html`<svg width="100%" height="16" aria-hidden="true" focusable="false">${labels}</svg>`
}

function grid(length: number, height: number): Markup[] {
  return ticks(length).map((at) => html`<line x1="${percent(at, length)}" x2="${percent(at, length)}" y1="0" y2="${height}"/>`)
}

/** At most six marks at round times, in milliseconds. */
function ticks(length: number): number[] {
  const step = 1000 * (TICKS.find((seconds) => length / (seconds * 1000) <= 5) ?? Math.ceil(length / 5_000))
  // The last part has no mark, whose text would run over the edge.
  return Array.from({ length: Math.floor((length * 0.95) / step) + 1 }, (_, at) => at * step)
}

function clock(milliseconds: number): string {
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`
  const minutes = Math.floor(seconds / 60)
  return `${minutes}:${String(Math.round(seconds % 60)).padStart(2, '0')}`
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Number(((100 * part) / whole).toFixed(3))}%`
}

function swatch(kind: string): Markup {
  return html`<svg width="14" height="10" aria-hidden="true" focusable="false"><rect class="${kind}" x="1" y="1" width="12" height="8"/></svg>`
}
