import type { Run, Step } from '../docker/progress.ts'
import { longestChain } from './chain.ts'
import { readStepName, type StepName } from './stepname.ts'

/** What became of a step. */
export type Outcome = 'done' | 'cached' | 'failed' | 'cancelled' | 'not run'

/** A time span, in milliseconds from the beginning of the build. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A step as a reader sees it. */
export interface Row extends StepName {
  readonly outcome: Outcome
  /** When it ran, in order, without overlaps; empty for a step that never started. */
  readonly spans: readonly Span[]
  /** How long it ran in all. */
  readonly seconds: number
  /** Bytes received or sent; 0 where the builder does not tell. */
  readonly bytes: number
  /** Whether it is part of the chain of steps, each waiting for the one before, that took longest. */
  readonly critical: boolean
}

/** The rows of one platform. */
export interface Lane {
  /** Such as `linux/arm64`; `undefined` for work that belongs to none. */
  readonly platform: string | undefined
  readonly rows: readonly Row[]
  /** Steps of the Dockerfile without `FROM`, and how many of them came from the cache. */
  readonly total: number
  readonly cached: number
}

/** A build on a time axis. */
export interface Timeline {
  /** From the first start to the last end, in milliseconds. */
  readonly length: number
  /** By the platform's name; work that belongs to no platform comes last. */
  readonly lanes: readonly Lane[]
  readonly total: number
  readonly cached: number
}

interface Draft {
  readonly name: StepName
  readonly parts: readonly Step[]
  readonly spans: readonly Span[]
  /** How long it ran in all, in milliseconds. */
  readonly busy: number
}

/**
 * Arranges the steps of a build by platform and time.
 *
 * @param steps all vertices, as the builder reported them
 * @param only the platform, where just one was built: the steps' names are then without it
 */
export function toTimeline(steps: readonly Step[], only?: string): Timeline {
  const named = joinParts(steps)
  const runs = named.flatMap(({ parts }) => parts.flatMap((part) => part.runs ?? []))
  const begin = runs.reduce((least, { started }) => Math.min(least, started), Number.POSITIVE_INFINITY)
  const length = runs.reduce((most, { started, stopped }) => Math.max(most, (stopped ?? started) - begin), 0)
  const drafts = named.map(({ name, parts }) => {
    const spans = joinSpans(
      parts.flatMap((part) => (part.runs ?? []).map((run) => toSpan(run, part, begin, length))),
      0,
    )
    return { name, parts, spans, busy: sum(spans, ({ from, to }) => to - from) }
  })
  const chain = longestChain(
    drafts,
    drafts.filter(({ name }) => name.position !== ''),
  )
  const lanes = new Map<string | undefined, Row[]>()
  for (const draft of drafts) {
    const row = toRow(draft, chain.has(draft))
    const own = row.kind === 'step' || row.kind === 'base'
    const platform = row.platform || (own ? (only ?? '') : undefined)
    const lane = lanes.get(platform)
    if (lane) lane.push(row)
    else lanes.set(platform, [row])
  }
  const all = [...lanes].map(([platform, rows]) => toLane(platform, rows))
  all.sort(
    (a, b) => Number(a.platform === undefined) - Number(b.platform === undefined) || ((a.platform ?? '') < (b.platform ?? '') ? -1 : 1),
  )
  return { length, lanes: all, total: sum(all, ({ total }) => total), cached: sum(all, ({ cached }) => cached) }
}

/** A row's name for people: stage, position, and the instruction without the digest of a base image, which nobody reads. */
export function rowTitle({ stage, position, text }: Row): string {
  return [stage, position, text.replace(/^(FROM \S*)@sha256:[0-9a-f]{64}/, '$1')].filter((part) => part !== '').join(' ')
}

/** The rows that took longest, the longest first. */
export function slowest({ lanes }: Timeline, most: number): Row[] {
  const ran = lanes.flatMap(({ rows }) => rows).filter(({ seconds }) => seconds >= 0.05)
  return ran.sort((a, b) => b.seconds - a.seconds).slice(0, most)
}

/** The spans with those joined that are less than `gap` milliseconds apart. */
export function joinSpans(spans: readonly Span[], gap: number): Span[] {
  const joined: Span[] = []
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last && span.from <= last.to + gap) joined.splice(-1, 1, { from: last.from, to: Math.max(last.to, span.to) })
    else joined.push(span)
  }
  return joined
}

/** One draft for each step of a reader; BuildKit carries out some in several parts, all with the same `[stage 2/5]`. */
function joinParts(steps: readonly Step[]): { readonly name: StepName; readonly parts: readonly Step[] }[] {
  const drafts = new Map<string, { readonly name: StepName; readonly parts: Step[] }>()
  for (const step of steps) {
    // A sign-in to a registry takes no time of its own, and says nothing that the log does not.
    if (step.name.startsWith('[auth]')) continue
    const name = readStepName(step.name)
    const key = name.position === '' ? step.digest : step.name.slice(0, step.name.indexOf(']'))
    const known = drafts.get(key)
    if (known) known.parts.push(step)
    else drafts.set(key, { name, parts: [step] })
  }
  return [...drafts.values()]
}

function toRow({ name, parts, spans, busy }: Draft, critical: boolean): Row {
  return {
    ...name,
    outcome: outcomeOf(parts),
    spans,
    seconds: busy / 1000,
    bytes: sum(parts, ({ bytes }) => bytes ?? 0),
    critical,
  }
}

/** A run that was broken off went on until the end of the build. */
function toSpan({ started, stopped }: Run, { completed }: Step, begin: number, length: number): Span {
  const from = Math.max(0, started - begin)
  return { from, to: Math.max(from, stopped === undefined ? (completed ? from : length) : stopped - begin) }
}

function outcomeOf(parts: readonly Step[]): Outcome {
  const errors = parts.flatMap(({ error }) => error ?? [])
  if (errors.some((error) => !error.endsWith('context canceled'))) return 'failed'
  if (errors.length > 0) return 'cancelled'
  const done = parts.filter(({ completed }) => completed)
  if (done.length > 0) return done.every(({ cached }) => cached) ? 'cached' : 'done'
  return parts.some(({ runs }) => (runs?.length ?? 0) > 0) ? 'cancelled' : 'not run'
}

function toLane(platform: string | undefined, rows: readonly Row[]): Lane {
  const steps = rows.filter(({ kind }) => kind === 'step')
  const sorted = [...rows].sort((a, b) => begins(a) - begins(b) || a.stage.localeCompare(b.stage, 'en') || indexOf(a) - indexOf(b))
  return { platform, rows: sorted, total: steps.length, cached: steps.filter(({ outcome }) => outcome === 'cached').length }
}

/** Steps from the cache all begin at once. */
function indexOf({ position }: Row): number {
  return Number(position.split('/', 1)[0])
}

function begins(row: Row | undefined): number {
  return row?.spans[0]?.from ?? Number.MAX_SAFE_INTEGER
}

function sum<Each>(list: readonly Each[], value: (each: Each) => number): number {
  return list.reduce((total, each) => total + value(each), 0)
}
