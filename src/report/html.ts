import { laneTitle, toChart } from './chart.ts'
import { oneLine } from './escape.ts'
import type { BuildFacts } from './facts.ts'
import { html, type Markup } from './markup.ts'
import { page } from './page.ts'
import { count, formatBytes, formatSeconds } from './quantity.ts'
import { type Row, rowTitle, type Timeline, toTimeline } from './timeline.ts'

const MOST_ROWS = 5000
const WIDEST = 400
const NOTHING = html``

/**
 * A report of builds as one HTML file: it needs no other file, no network, and no script to be read. What steps printed is not
 * in it, since a file is not covered by the masks of the job's log.
 *
 * @param builds most jobs have one; build rules can make several
 */
export function toHtml(builds: readonly BuildFacts[]): string {
  const [first] = builds
  const title = builds.length === 1 && first ? titleOf(first) : count(builds.length, 'build')
  const body = html`<main>
<h1>${breakable(title)}</h1>
${builds.map((facts) => article(facts, builds.length > 1))}</main>
<footer>Made by Manifold.</footer>`
  return page(title, body)
}

function titleOf({ tags, failure, pushed, loaded }: BuildFacts): string {
  const done = failure !== undefined ? 'failed' : pushed ? 'pushed' : loaded ? 'loaded' : 'built'
  return `${tags[0] === undefined ? 'Image' : oneLine(tags[0], WIDEST)} ${done}`
}

/** A name that a narrow page breaks behind its signs rather than anywhere. */
function breakable(text: string): Markup[] {
  return text.split(/(?<=[/:@])/).map((part) => html`${part}<wbr>`)
}

function article(facts: BuildFacts, several: boolean): Markup {
  const timeline = toTimeline(facts.steps, facts.only)
  // Of several builds each has a heading of its own above those of its parts.
  const level = several ? 3 : 2
  const parts: readonly (readonly [string, Markup])[] = [
    ['What failed', failure(facts)],
    ['Image', image(facts)],
    ['Platforms', platforms(facts, timeline)],
    ['Dockerfile warnings', warnings(facts)],
    ['Timeline', timeline.length > 0 ? toChart(timeline, level + 1) : html`<p>No step took any time.</p>`],
    ['Steps', steps(timeline)],
  ]
  return html`<article>
${several ? html`<h2>${breakable(titleOf(facts))}</h2>` : NOTHING}
${figures(facts, timeline)}
${parts.filter(([, part]) => part !== NOTHING).map(([title, part]) => html`<h${level}>${title}</h${level}>\n${part}`)}
</article>
`
}

function figures(facts: BuildFacts, { total, cached, lanes }: Timeline): Markup {
  const began = facts.steps.reduce((least, { runs }) => Math.min(least, runs?.[0]?.started ?? least), Number.POSITIVE_INFINITY)
  const date = Number.isFinite(began) ? new Date(began).toISOString() : ''
  const shown: readonly (readonly [string, Markup])[] = [
    ['Result', facts.failure === undefined ? html`succeeded` : html`<span class="failed">failed</span>`],
    ['Time', html`${formatSeconds(facts.seconds)}`],
    ['Steps from the cache', html`${cached} of ${total}`],
    ['Platforms', html`${Math.max(1, lanes.filter(({ platform }) => platform !== undefined).length)}`],
  ]
  return html`${date === '' ? NOTHING : html`<p class="muted">Begun <time datetime="${date}">${date.slice(0, 19).replace('T', ' ')} UTC</time></p>`}
<dl class="figures">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

function failure({ failure: error, excerpt }: BuildFacts): Markup {
  if (error === undefined) return NOTHING
  const width = String(excerpt?.source.at(-1)?.number ?? 0).length
  const lines = (excerpt?.source ?? []).map(({ number, text, failed }) => {
    const line = `${String(number).padStart(width)}  ${text}`
    return failed ? html`<mark>${line}</mark>\n` : html`${line}\n`
  })
  return html`<pre class="wrap">${oneLine(error, 4000)}</pre>
${lines.length === 0 ? NOTHING : html`<p>${oneLine(excerpt?.place ?? '', WIDEST)}</p><pre tabindex="0" role="region" aria-label="Lines of the Dockerfile">${lines}</pre>`}
<p class="muted">What the step printed is in the log of the job.</p>
`
}

function image({ failure: error, tags, digest, image: name }: BuildFacts): Markup {
  if (digest === undefined && (error !== undefined || tags.length === 0)) return NOTHING
  const list = tags.slice(0, MOST_ROWS).map((tag) => html`<li><code>${breakable(oneLine(tag, WIDEST))}</code></li>`)
  return html`${list.length === 0 ? NOTHING : html`<ul>${list}</ul>`}
${digest === undefined ? NOTHING : html`<p>Digest <code>${digest}</code></p>`}
${name === '' ? NOTHING : html`<p>Pull exactly this image:</p><pre class="wrap">docker pull ${name}</pre>`}
`
}

function platforms({ platforms: images }: BuildFacts, { lanes }: Timeline): Markup {
  if (images.length === 0) return NOTHING
  const rows = images.map(({ platform, digest, size }) => {
    const lane = lanes.find((each) => each.platform === platform)
    const cached = lane === undefined ? '' : `${lane.cached} of ${lane.total}`
    return html`<tr><td>${platform}<code class="muted">${digest}</code></td><td class="number">${size === undefined ? '–' : formatBytes(size)}</td><td class="number">${cached}</td></tr>
`
  })
  return html`<table><thead><tr><th scope="col">Platform and digest</th><th scope="col" class="number">Compressed</th><th scope="col" class="number">Cached</th></tr></thead>
<tbody>${rows}</tbody></table>
`
}

function warnings({ warnings: found }: BuildFacts): Markup {
  if (found.length === 0) return NOTHING
  const rows = found.slice(0, MOST_ROWS).map(({ rule, text, url, file, line }) => {
    const name = rule === '' ? 'Explanation' : oneLine(rule, WIDEST)
    const link = url === undefined ? html`${name}` : html`<a href="${url}" rel="noopener noreferrer">${name}</a>`
    const place = file === undefined ? '' : `${oneLine(file, WIDEST)}${line === undefined ? '' : `:${line}`}`
    return html`<li><code>${place}</code> ${oneLine(text, WIDEST)} ${link}</li>
`
  })
  return html`<ul>
${rows}</ul>
`
}

function steps({ lanes }: Timeline): Markup {
  const all = lanes.flatMap(({ platform, rows }) => rows.map((row) => ({ row, lane: platform === undefined ? '' : laneTitle(platform) })))
  const rows = all.slice(0, MOST_ROWS).map(({ row, lane }) => stepRow(row, lane))
  const left = all.length > MOST_ROWS ? html`<p>${count(all.length - MOST_ROWS, 'more step')} left out.</p>` : NOTHING
  return html`<table class="sortable"><thead><tr>
${sorter('Step', 'ascending', '')}${sorter('Platform', 'ascending', 'wide')}${sorter('Start', 'ascending', 'number wide')}${sorter('Time', 'descending', 'number')}${sorter('Moved', 'descending', 'number wide')}${sorter('Result', 'ascending', '')}
</tr></thead><tbody>
${rows}</tbody></table>
${left}`
}

function sorter(name: string, first: 'ascending' | 'descending', kind: string): Markup {
  return html`<th scope="col" class="${kind}"><button type="button" data-first="${first}">${name}</button></th>`
}

function stepRow(row: Row, lane: string): Markup {
  const name = oneLine(rowTitle(row), WIDEST)
  const start = row.spans[0]?.from
  const cross = row.runsOn === '' ? '' : ` on ${row.runsOn}`
  return html`<tr><td><code>${name}</code><span class="narrow muted">${oneLine(lane, WIDEST)}</span></td><td class="wide">${oneLine(lane + cross, WIDEST)}</td><td class="number wide" data-value="${start ?? -1}">${start === undefined ? '–' : formatSeconds(start / 1000)}</td><td class="number" data-value="${row.seconds}">${row.spans.length === 0 ? '–' : formatSeconds(row.seconds)}</td><td class="number wide" data-value="${row.bytes}">${row.bytes === 0 ? '–' : formatBytes(row.bytes)}</td><td class="${row.outcome === 'done' || row.outcome === 'not run' ? 'muted-result' : row.outcome === 'cached' ? 'cached' : 'failed'}">${row.outcome}</td></tr>
`
}
