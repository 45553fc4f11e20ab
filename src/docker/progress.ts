import { fromBytes, toBytes } from '../text/base64.ts'

/** What buildx says of a build with `--progress=rawjson`: one such object a line. Times are RFC 3339, data base64. */
// https://github.com/moby/buildkit/blob/master/client/graph.go
export interface SolveStatus {
  readonly vertexes?: readonly RawVertex[]
  readonly statuses?: readonly RawStatus[]
  readonly logs?: readonly RawLog[]
  readonly warnings?: readonly RawWarning[]
}

export interface RawVertex {
  readonly digest: string
  readonly inputs?: readonly string[]
  readonly name?: string
  readonly started?: string
  readonly completed?: string
  readonly cached?: boolean
  readonly error?: string
  /** A step made of several vertices; a weak one is shared with other steps, and is no reason to show this one. */
  readonly progressGroup?: { readonly id?: string; readonly name?: string; readonly weak?: boolean }
}

export interface RawStatus {
  readonly id: string
  readonly vertex?: string
  readonly total?: number
  readonly current?: number
  readonly timestamp?: string
  readonly started?: string
  readonly completed?: string
}

export interface RawLog {
  readonly vertex?: string
  readonly stream?: number
  readonly data?: string
  readonly timestamp?: string
}

export interface RawWarning {
  readonly vertex?: string
  readonly level?: number
  readonly short?: string
  readonly detail?: readonly string[]
  readonly url?: string
  readonly sourceInfo?: { readonly filename?: string }
  readonly range?: readonly { readonly start?: { readonly line?: number }; readonly end?: { readonly line?: number } }[]
}

/** A time in which a vertex ran, in milliseconds since the epoch by the builder's clock. */
export interface Run {
  readonly started: number
  /** Absent for a run that was broken off. */
  readonly stopped?: number
}

/** A vertex of the build, as known at the end. */
export interface Step {
  readonly digest: string
  readonly name: string
  /** Seconds, when it has run to its end. */
  readonly seconds?: number
  readonly cached: boolean
  readonly completed: boolean
  readonly error?: string
  /** The last lines it printed. */
  readonly log: readonly string[]
  /** When it ran, in order: a vertex can run more than once, as `FROM` does, which is resolved first and pulled when needed. */
  readonly runs?: readonly Run[]
  /** Digests of the vertices whose results it takes. */
  readonly inputs?: readonly string[]
  /** Bytes received or sent, as far as the builder tells. */
  readonly bytes?: number
}

interface Known {
  vertex: RawVertex
  log: string[]
  /** The beginning of a line whose end has not come yet, as bytes. */
  open: string
  /** By the time of their beginning. */
  readonly runs: Map<string, Run>
  /** Bytes of each transfer. */
  readonly moved: Map<string, number>
}

const LOG_TAIL = 20
const MOST_WARNINGS = 1000
const STARTS_OBJECT = /^\{"(?:vertexes|statuses|logs|warnings)":/

/**
 * Reads one line of `--progress=rawjson`.
 *
 * @returns the event, or undefined when the line is plain text (buildx prints errors as such)
 */
export function parseStatus(line: string): SolveStatus | undefined {
  if (!STARTS_OBJECT.test(line)) return undefined
  try {
    return JSON.parse(line) as SolveStatus
  } catch {
    return undefined
  }
}

/** Collects the events of a build; memory grows with the number of steps, not with what they print. */
export class Progress {
  readonly #steps = new Map<string, Known>()
  readonly #warnings: RawWarning[] = []

  add(status: SolveStatus): void {
    for (const vertex of status.vertexes ?? []) this.#addVertex(vertex)
    for (const { vertex, id, current = 0 } of status.statuses ?? []) {
      // What is unpacked was counted when it was received.
      if (current > 0 && !id.startsWith('extracting ')) this.#steps.get(vertex ?? '')?.moved.set(id, current)
    }
    for (const { vertex, data } of status.logs ?? []) {
      const step = this.#steps.get(vertex ?? '')
      if (!step || data === undefined) continue
      const lines = `${step.open}${toBytes(data)}`.split('\n')
      step.open = (lines.pop() ?? '').slice(-4096)
      step.log = [...step.log, ...lines.map(fromBytes)].slice(-LOG_TAIL)
    }
    for (const warning of status.warnings ?? []) {
      if (this.#warnings.length < MOST_WARNINGS) this.#warnings.push(withoutSource(warning))
    }
  }

  /** All vertices in the order in which they appeared. */
  steps(): Step[] {
    return [...this.#steps.values()].map(({ vertex, log, open, runs, moved }) => ({
      digest: vertex.digest,
      name: vertex.name ?? '',
      cached: vertex.cached === true,
      completed: vertex.completed !== undefined,
      log: open === '' ? log : [...log, fromBytes(open)],
      ...(vertex.error === undefined || vertex.error === '' ? {} : { error: vertex.error }),
      ...(vertex.started !== undefined && vertex.completed !== undefined
        ? { seconds: (Date.parse(vertex.completed) - Date.parse(vertex.started)) / 1000 }
        : {}),
      runs: [...runs.values()].sort((a, b) => a.started - b.started),
      inputs: vertex.inputs ?? [],
      ...(moved.size > 0 ? { bytes: [...moved.values()].reduce((sum, each) => sum + each, 0) } : {}),
    }))
  }

  /** What the checks of the Dockerfile found, as it came, without the Dockerfile itself. */
  warnings(): readonly RawWarning[] {
    return this.#warnings
  }

  #addVertex(vertex: RawVertex): void {
    const known = this.#steps.get(vertex.digest)
    const step = known ?? { vertex, log: [], open: '', runs: new Map(), moved: new Map() }
    if (known) known.vertex = { ...known.vertex, ...vertex }
    else this.#steps.set(vertex.digest, step)
    const started = Date.parse(vertex.started ?? '')
    const stopped = Date.parse(vertex.completed ?? '')
    if (!Number.isNaN(started)) step.runs.set(vertex.started ?? '', { started, ...(Number.isNaN(stopped) ? {} : { stopped }) })
  }
}

/** The event of a warning carries the whole Dockerfile each time. */
function withoutSource({ sourceInfo, ...warning }: RawWarning): RawWarning {
  return sourceInfo?.filename === undefined ? warning : { ...warning, sourceInfo: { filename: sourceInfo.filename } }
}

/**
 * The steps that a Dockerfile asks to be carried out, once for each platform: those numbered `n/m`, without `FROM`, which
 * names a base and builds nothing. BuildKit's own work, such as loading files or exporting, is left out. Of a step that
 * BuildKit carries out in several parts (`COPY --link` copies, then links) one is made: cached if all parts of it were.
 */
export function dockerfileSteps(steps: readonly Step[]): Step[] {
  const parts = new Map<string, Step[]>()
  for (const step of steps) {
    const [, prefix] = /^(\[(?!internal\])(?:[^\]]* )?\d+\/\d+\]) (?!FROM )/.exec(step.name) ?? []
    if (prefix !== undefined) parts.set(prefix, [...(parts.get(prefix) ?? []), step])
  }
  return [...parts.values()].map((same) => {
    const done = same.filter(({ completed }) => completed)
    const shown = same.find(({ error }) => error !== undefined) ?? done[0] ?? same[0]
    return { ...(shown as Step), cached: done.length > 0 && done.every(({ cached }) => cached) }
  })
}

/**
 * The step that ended the build: the one whose error is also the build's, else the first with an error that is not just the
 * echo of the cancellation of others.
 *
 * @param ending the build's own last error: a step can fail without ending the build, such as the import of a cache
 */
export function failedStep(steps: readonly Step[], ending = ''): Step | undefined {
  const failed = steps.filter(({ error }) => error !== undefined)
  const named = failed.find(({ error }) => error !== undefined && ending.includes(error))
  return named ?? failed.find(({ error }) => !error?.endsWith('context canceled')) ?? failed[0]
}
