import { cut } from './escape.ts'
import { joinSpans, type Row, rowTitle, type Timeline } from './timeline.ts'

/** In characters: the limit of older versions of Gitea and Forgejo; newer ones and GitHub take more. */
// https://github.com/go-gitea/gitea/issues/16513
const LONGEST = 5000
const MOST_ROWS = 50
/** In seconds: shorter steps are no more than a dot. */
const SHORTEST = 0.05
const LABEL = 48
/** Two spans of one step are drawn as one bar when they are less than this many milliseconds apart. */
const GAP = 100
const STYLE: Readonly<Record<Row['outcome'], string>> = { done: '', cached: 'done, ', failed: 'crit, ', cancelled: 'crit, ', 'not run': '' }

/**
 * The steps that took longest as a Mermaid gantt, a section for each platform; the empty string when nothing took any time.
 *
 * Mermaid has no way to quote a name that all its versions read, and one wrong character loses the whole diagram. So names
 * hold letters, digits and a few signs alone, and begin with a digit or a dot, so that none can be a keyword.
 *
 * @see https://github.com/mermaid-js/mermaid/blob/develop/packages/mermaid/src/diagrams/gantt/parser/gantt.jison
 */
export function toGantt(timeline: Timeline): string {
  const ran = timeline.lanes
    .flatMap(({ rows }) => rows)
    .filter(({ seconds, outcome }) => seconds >= SHORTEST || (seconds > 0 && outcome === 'failed'))
  const longest = [...ran].sort((a, b) => b.seconds - a.seconds)
  for (let most = Math.min(MOST_ROWS, longest.length); most > 0; most--) {
    const text = draw(timeline, new Set(longest.slice(0, most)))
    if (text.length <= LONGEST) return text
  }
  return ''
}

function draw({ lanes, length }: Timeline, shown: ReadonlySet<Row>): string {
  const axis = length < 10_000 ? '%S.%L' : length < 3_600_000 ? '%M:%S' : '%H:%M:%S'
  const sections = lanes.flatMap(({ platform, rows }) => {
    const lines = rows.filter((row) => shown.has(row)).map(toTask)
    const title = platform === undefined ? 'Other work' : platform === '' ? 'Dockerfile' : harmless(platform, LABEL)
    return lines.length === 0 ? [] : [`  section ${title}`, ...lines]
  })
  return ['gantt', '  dateFormat YYYY-MM-DD HH:mm:ss.SSS', `  axisFormat ${axis}`, '  todayMarker off', ...sections].join('\n')
}

function toTask(row: Row): string {
  const bars = joinSpans(row.spans, GAP).sort((a, b) => b.to - b.from - (a.to - a.from))
  const { from, to } = bars[0] ?? { from: 0, to: 0 }
  const name = `${row.position || '·'} ${rowTitle({ ...row, position: '' })}`
  const label = `${harmless(name, LABEL)} (${row.seconds.toFixed(1)} s)`
  return `  ${label} :${STYLE[row.outcome]}${clock(from)}, ${Math.max(1, Math.round(to - from))}ms`
}

/** Times are local ones of a day long past: Mermaid reads and shows them in the reader's own zone, so that the axis begins at 0. */
function clock(milliseconds: number): string {
  return new Date(Date.UTC(2000, 0, 3) + Math.round(milliseconds)).toISOString().replace('T', ' ').replace('Z', '')
}

function harmless(text: string, most: number): string {
  const words = text
    .slice(0, most * 8)
    .replaceAll('&&', ' and ')
    .replaceAll(/[^\p{L}\p{N} ·._/=+@()-]/gu, ' ')
  return cut(words.replaceAll(/--+/g, '-').replaceAll(/ +/g, ' ').trim(), most)
}
