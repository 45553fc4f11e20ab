import { escapeHtml, oneLine, visible } from './escape.ts'
import type { BuildFacts } from './facts.ts'
import { toGantt } from './gantt.ts'
import { count, formatBytes, formatSeconds } from './quantity.ts'
import { rowTitle, slowest, type Timeline, toTimeline } from './timeline.ts'

/** The size at which GitHub refuses a step's summary, in bytes. */
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
export const SUMMARY_LIMIT = 1024 * 1024
const MOST_TAGS = 50
const MOST_PLATFORMS = 50
const MOST_SLOW = 10
const MOST_WARNINGS = 50
const WIDEST = 200

/**
 * The job summary of builds, in the Markdown that GitHub, Gitea and Forgejo render. Names that come from a Dockerfile stand in
 * HTML or in fenced blocks, where no character of theirs means anything.
 *
 * @param builds most jobs have one; build rules can make several
 * @param limit the most it may take, in bytes of UTF-8: what does not fit any more is left out, section by section
 */
export function toSummary(builds: readonly BuildFacts[], limit = SUMMARY_LIMIT): string {
  const sections = builds.map((facts) => toSections(facts, builds.length > 1))
  // The heads of all builds come before the details of any.
  const order = sections
    .flatMap((own, build) => own.map((text, at) => ({ build, at, text })))
    .sort((a, b) => a.at - b.at || a.build - b.build)
  let left = limit
  const kept = order.filter(({ text }) => {
    const size = Buffer.byteLength(text) + 2
    if (size > left) return false
    left -= size
    return true
  })
  return kept
    .sort((a, b) => a.build - b.build || a.at - b.at)
    .map(({ text }) => `${text}\n\n`)
    .join('')
}

/** The sections of one build, the most important first. */
function toSections(facts: BuildFacts, several: boolean): string[] {
  const timeline = toTimeline(facts.steps, facts.only)
  return [
    head(facts, timeline, several),
    failure(facts),
    images(facts),
    platforms(facts, timeline),
    warnings(facts),
    gantt(timeline),
    slow(timeline),
  ].filter((section) => section !== '')
}

function head({ tags, failure, pushed, loaded, seconds, platforms }: BuildFacts, { total, cached }: Timeline, several: boolean): string {
  const [first] = tags
  // Of several builds the tag tells which one it is.
  const name = first === undefined ? 'Image' : code(oneLine(several ? first : first.replace(/:[^:/]*$/, ''), WIDEST))
  const done = failure !== undefined ? 'failed' : pushed ? 'pushed' : loaded ? 'loaded' : 'built'
  const share = total === 0 ? '' : `; ${cached} of ${count(total, 'step')} came from the cache (${Math.round((100 * cached) / total)} %)`
  const built = platforms.length === 0 ? '' : `${count(platforms.length, 'platform')}, `
  return `### ${name} ${done}\n\n${built}${formatSeconds(seconds)}${share}.`
}

function failure({ failure: error, excerpt }: BuildFacts): string {
  if (error === undefined) return ''
  const lines = (excerpt?.source ?? []).map(({ number, text, failed }) => `${String(number).padStart(5)} ${failed ? '>' : ' '} ${text}`)
  const source = lines.length === 0 ? '' : `\n\n${code(oneLine(excerpt?.place ?? '', WIDEST))}\n\n${fenced(lines.join('\n'), 'text')}`
  return fenced(oneLine(error, 2000), 'text') + source
}

function images({ failure: error, tags, digest, image }: BuildFacts): string {
  if (error !== undefined && digest === undefined) return ''
  const rows = tags.slice(0, MOST_TAGS).map((tag) => `| ${code(oneLine(tag, WIDEST))} |`)
  const more = tags.length > MOST_TAGS ? [`| and ${tags.length - MOST_TAGS} more |`] : []
  const table = rows.length === 0 ? [] : [['| Tag |', '| --- |', ...rows, ...more].join('\n')]
  const pull = image === '' ? [] : [fenced(`docker pull ${oneLine(image, 500)}`, 'sh')]
  return [...table, ...(digest === undefined ? [] : [`Digest ${code(oneLine(digest, WIDEST))}`]), ...pull].join('\n\n')
}

function platforms({ platforms: images }: BuildFacts, { lanes }: Timeline): string {
  if (images.length === 0) return ''
  const rows = images.slice(0, MOST_PLATFORMS).map(({ platform, digest, size }) => {
    const lane = lanes.find((each) => each.platform === platform)
    const cells = [
      code(oneLine(platform, WIDEST)),
      code(oneLine(digest, WIDEST)),
      size === undefined ? '' : formatBytes(size),
      lane?.total ?? '',
      lane?.cached ?? '',
    ]
    return `| ${cells.join(' | ')} |`
  })
  const head = ['| Platform | Digest | Compressed size | Steps | From the cache |', '| --- | --- | ---: | ---: | ---: |']
  return [...head, ...rows].join('\n')
}

function warnings({ warnings: found }: BuildFacts): string {
  if (found.length === 0) return ''
  const rows = found.slice(0, MOST_WARNINGS).map(({ rule, text, url, file, line }) => {
    const place = file === undefined ? '' : `<code>${escapeHtml(oneLine(file, WIDEST))}${line === undefined ? '' : `:${line}`}</code>`
    const name = escapeHtml(rule === '' ? 'rule' : oneLine(rule, WIDEST))
    const link = url === undefined ? (rule === '' ? '' : name) : `<a href="${escapeHtml(url)}">${name}</a>`
    return `<tr><td>${place}</td><td>${link}</td><td>${escapeHtml(oneLine(text, WIDEST))}</td></tr>`
  })
  const more = found.length > MOST_WARNINGS ? `\n\nand ${found.length - MOST_WARNINGS} more.` : ''
  return `${folded(count(found.length, 'Dockerfile warning'), ['Line', 'Rule', 'Warning'], rows, true)}${more}`
}

function gantt(timeline: Timeline): string {
  const text = toGantt(timeline)
  return text === '' ? '' : fenced(text, 'mermaid')
}

function slow(timeline: Timeline): string {
  const rows = slowest(timeline, MOST_SLOW).map(
    (row) =>
      `<tr><td align="right">${formatSeconds(row.seconds)}</td><td>${escapeHtml(oneLine(row.platform, WIDEST))}</td>` +
      `<td><code>${escapeHtml(oneLine(rowTitle(row), WIDEST))}</code></td></tr>`,
  )
  return rows.length === 0 ? '' : folded('Slowest steps', ['Time', 'Platform', 'Step'], rows, false)
}

/** A table that can be folded, in HTML: a blank line would end it. */
function folded(summary: string, heads: readonly string[], rows: readonly string[], open: boolean): string {
  const head = `<tr>${heads.map((text) => `<th>${text}</th>`).join('')}</tr>`
  return [`<details${open ? ' open' : ''}><summary>${summary}</summary>`, '', '<table>', head, ...rows, '</table>', '', '</details>'].join(
    '\n',
  )
}

/**
 * A code span that holds any text of one line, also in a table, where renderers do not agree on how a bar is escaped.
 *
 * @see https://github.github.com/gfm/#code-spans
 */
function code(text: string): string {
  if (text === '') return ''
  const ticks = '`'.repeat(longestRun(text) + 1)
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : ''
  return `${ticks}${space}${text.replaceAll('|', '¦')}${space}${ticks}`
}

/** A fenced block that its text cannot end. @see https://github.github.com/gfm/#fenced-code-blocks */
function fenced(text: string, language: string): string {
  const ticks = '`'.repeat(Math.max(3, longestRun(text) + 1))
  return `${ticks}${language}\n${visible(text)}\n${ticks}`
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}
