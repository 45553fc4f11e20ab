import { posix } from 'node:path'
import { failedStep, type Step } from '../docker/progress.ts'
import { cut, visible } from './escape.ts'

/** A line of a Dockerfile. */
export interface SourceLine {
  readonly number: number
  readonly text: string
  /** Whether it belongs to the instruction that failed. */
  readonly failed: boolean
}

/** What failed, and where. */
export interface Excerpt {
  /** The step's name; undefined where the build failed outside of a step. */
  readonly step: string | undefined
  /** `path/Dockerfile:5`; undefined where no line of a Dockerfile is to blame. */
  readonly place: string | undefined
  readonly source: readonly SourceLine[]
  /** The last lines that the step printed. */
  readonly log: readonly string[]
}

const RULER = /^-{5,}$/
const MOST_LINES = 40
const WIDEST = 300

/**
 * Gathers what is known of the instruction that failed: its lines in the Dockerfile, which buildx prints after the progress
 * events (they are in none of them), and the end of its own output.
 *
 * @param plain what buildx printed that was no progress event
 * @param folder where the Dockerfile lies, from the workspace; undefined leaves the place as buildx names it
 * @see https://github.com/moby/buildkit/blob/master/solver/errdefs/source.go Source.Print
 */
export function toExcerpt(steps: readonly Step[], plain: readonly string[], folder: string | undefined): Excerpt | undefined {
  const ending = plain.findLast((line) => /^ERROR: /.test(line)) ?? ''
  const failed = failedStep(steps, ending)
  // Steps that were broken off because of a cancel are no cause of anything.
  const step = failed?.error?.endsWith('context canceled') ? undefined : failed
  const at = plain.findIndex((line, index) => /^\S.*:\d+$/.test(line) && RULER.test(plain[index + 1] ?? ''))
  const end = at < 0 ? -1 : plain.findIndex((line, index) => index > at + 1 && RULER.test(line))
  const source = end < 0 ? [] : plain.slice(at + 2, end).flatMap(readSource)
  const log = (step?.log ?? []).map(lastWritten)
  while (log.at(-1)?.trim() === '') log.pop()
  if (source.length === 0 && log.length === 0) return undefined
  const place = at < 0 ? undefined : posix.join(folder ?? '', visible(plain[at] ?? ''))
  return { step: step?.name, place, source: around(source), log }
}

/** The excerpt as lines for the log. They hold text of others: print them where the runner takes no commands. */
export function excerptLines({ step, place, source, log }: Excerpt): string[] {
  const width = String(source.at(-1)?.number ?? 0).length
  return [
    ...(step === undefined ? [] : [`Failed: ${cut(visible(step).replaceAll(/\s+/g, ' '), WIDEST)}`]),
    ...(source.length === 0 ? [] : [`At ${place}:`]),
    ...source.map(({ number, text, failed }) => `  ${String(number).padStart(width)} | ${failed ? '>>>' : '   '} ${text}`.trimEnd()),
    ...(log.length === 0 ? [] : [log.length === 1 ? 'The last line it printed:' : `The last ${log.length} lines it printed:`]),
    ...log.map((line) => `  ${line}`),
  ]
}

/** `   5 | >>> RUN make` */
function readSource(line: string): SourceLine[] {
  const [, number, mark, text] = /^ *(\d+) \| (>>>| {3})(?: (.*))?$/.exec(line) ?? []
  return number === undefined ? [] : [{ number: Number(number), failed: mark === '>>>', text: cut(visible(text ?? ''), WIDEST) }]
}

/** Of a long instruction the beginning is shown. */
function around(source: readonly SourceLine[]): SourceLine[] {
  const first = Math.max(0, source.findIndex(({ failed }) => failed) - 3)
  return source.slice(first, first + MOST_LINES)
}

/** What a reader of a terminal would see of a line in the end: no colours, and what stands after the last carriage return. */
function lastWritten(line: string): string {
  const plain = line.replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g, '')
  return cut(visible(plain.replace(/\r+$/, '').split('\r').at(-1) ?? ''), WIDEST)
}
