import { fromBytes, toBytes } from '../text/base64.ts'
import type { RawLog, RawStatus, RawVertex, RawWarning } from './progress.ts'

/** A transfer that goes on is shown again when it has moved by this share of its size, or after so many milliseconds. */
const SHOWN_SHARE = 0.05
const SHOWN_EVERY = 5000
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']

/** A time in which a vertex ran, in milliseconds; no stop while it runs. */
interface Run {
  readonly start: number
  readonly stop: number | undefined
}

/**
 * One block of a build's log: a vertex, or a group of vertices that are one step to the reader. A vertex can run more than
 * once (`FROM` is resolved first, and pulled when it is needed); each run ends with a line of its own.
 *
 * @see https://github.com/moby/buildkit/blob/master/util/progress/progressui/display.go trace.update, vertexGroup.refresh
 */
export class Block {
  /** The number shown; 0 until the block is shown for the first time. */
  index = 0
  name = ''
  /** Since when, by the reader's clock, something waits to be shown. */
  readySince: number | undefined
  /** Whether the line that ends a run is the last thing shown. */
  ended = false
  readonly #vertexes = new Map<string, RawVertex>()
  readonly #runs = new Map<string, Run>()
  readonly #transfers = new Transfers()
  /** Vertices that came from the cache, which has not been shown yet: unpacking their layers is a run of its own, not cached. */
  readonly #cached = new Set<string>()
  #lines: string[] = []
  /** A line whose end has not come yet, as bytes, and the time of its beginning. */
  #open: { readonly stamp: string; readonly bytes: string } | undefined

  addVertex(vertex: RawVertex): void {
    const known = this.#vertexes.get(vertex.digest)
    // The first event of a vertex may come twice; the second must not take back that it runs.
    if (known && vertex.started === undefined) return
    this.#vertexes.set(vertex.digest, vertex)
    if (vertex.started === undefined) return
    if (vertex.cached === true) this.#cached.add(vertex.digest)
    const key = `${vertex.digest} ${vertex.started}`
    const run = { start: toMillis(vertex.started) ?? 0, stop: toMillis(vertex.completed) }
    const same = this.#runs.has(key) && this.#runs.get(key)?.stop === run.stop && known?.error === vertex.error
    this.#runs.set(key, run)
    if (!same) this.ended = false
  }

  addTransfer(status: RawStatus): void {
    this.#transfers.add(status)
    this.ended = false
  }

  addWarning({ short }: RawWarning): void {
    this.#lines.push(`WARN: ${fromBytes(toBytes(short ?? ''))}`)
  }

  addLog({ data, timestamp }: RawLog): void {
    const now = toMillis(timestamp)
    const seconds = now === undefined ? 0 : (now - (this.#merged().at(-1)?.start ?? now)) / 1000
    const stamp = seconds.toFixed(seconds < 10 ? 3 : seconds < 100 ? 2 : 1)
    const parts = toBytes(data ?? '').split('\n')
    for (const [at, part] of parts.entries()) {
      const isLast = at === parts.length - 1
      if (isLast && part === '') return
      const line = this.#open ? { ...this.#open, bytes: this.#open.bytes + part } : { stamp, bytes: part }
      this.#open = isLast ? line : undefined
      if (!isLast) this.#lines.push(visible(line))
    }
  }

  /** Whether there is anything to show. */
  get isReady(): boolean {
    return !this.#isHidden && (this.#lines.length > 0 || this.#transfers.changed || this.canEnd)
  }

  /** Whether a run goes on. */
  get isRunning(): boolean {
    return !this.#isHidden && this.#runs.size > 0 && this.stopped === undefined
  }

  /** Whether a run is over and nothing more is expected of it. */
  get canEnd(): boolean {
    return !this.ended && !this.#isHidden && !this.#transfers.running && this.stopped !== undefined
  }

  /** When the last run ended; undefined before the first and during a run. */
  get stopped(): number | undefined {
    return this.#merged().at(-1)?.stop
  }

  /**
   * Takes the lines to show now, without the block's number.
   *
   * @param all whether nothing more is to be waited for: the end of a line, or of a transfer that was broken off
   */
  take(all: boolean): string[] {
    if (all) this.#transfers.close()
    const lines = [...this.#transfers.take(), ...this.#lines]
    this.#lines = []
    this.readySince = undefined
    if (this.#open && (all || this.stopped !== undefined)) {
      lines.push(visible(this.#open))
      this.#open = undefined
    }
    if (!this.canEnd) return lines
    this.ended = true
    const ending = this.#ending()
    this.#cached.clear()
    return [...lines, ending]
  }

  /** A group is not shown for the sake of a member that it shares with other steps. */
  get #isHidden(): boolean {
    return [...this.#vertexes.values()].every(
      ({ progressGroup, started, error }) =>
        progressGroup !== undefined && !error && (progressGroup.weak === true || started === undefined),
    )
  }

  #ending(): string {
    const vertexes = [...this.#vertexes.values()]
    const error = vertexes.find((vertex) => vertex.error)?.error ?? ''
    if (error.endsWith('context canceled')) return 'CANCELED'
    if (error !== '') return `ERROR: ${error}`
    if (vertexes.every(({ digest, cached }) => cached === true || this.#cached.has(digest))) return 'CACHED'
    const spent = this.#merged().reduce((sum, { start, stop }) => sum + (stop ?? start) - start, 0)
    return `DONE ${(spent / 1000).toFixed(1)}s`
  }

  /** The runs in order, those that overlap made one; while anything runs, the last has no stop. */
  #merged(): Run[] {
    const merged: Run[] = []
    for (const next of [...this.#runs.values()].sort((a, b) => a.start - b.start)) {
      const last = merged.at(-1)
      if (!last || (last.stop !== undefined && last.stop < next.start)) merged.push(next)
      else if (last.stop !== undefined && (next.stop === undefined || next.stop > last.stop))
        merged.splice(-1, 1, { ...last, stop: next.stop })
    }
    return merged
  }
}

/** The transfers of a block: those that changed since they were last shown, those that go on, and how each was shown. */
class Transfers {
  readonly #changed = new Map<string, RawStatus>()
  readonly #running = new Set<string>()
  readonly #shown = new Map<string, { readonly current: number; readonly time: number }>()

  get changed(): boolean {
    return this.#changed.size > 0
  }

  get running(): boolean {
    return this.#running.size > 0
  }

  add(status: RawStatus): void {
    this.#changed.set(status.id, status)
    if (status.completed === undefined) this.#running.add(status.id)
    else this.#running.delete(status.id)
  }

  close(): void {
    this.#running.clear()
  }

  take(): string[] {
    const lines: string[] = []
    for (const status of this.#changed.values()) {
      const current = status.current ?? 0
      const now = toMillis(status.timestamp) ?? 0
      const last = this.#shown.get(status.id)
      const moved = last === undefined || (status.total ? (current - last.current) / status.total >= SHOWN_SHARE : false)
      if (status.completed === undefined && !moved && now - (last?.time ?? 0) < SHOWN_EVERY) continue
      this.#shown.set(status.id, { current, time: now })
      lines.push(transferLine(status))
    }
    this.#changed.clear()
    return lines
  }
}

/** What a reader of a terminal would see of a line: what stands after the last carriage return. */
function visible({ stamp, bytes }: { readonly stamp: string; readonly bytes: string }): string {
  return `${stamp} ${fromBytes(bytes).replace(/\r+$/, '').split('\r').at(-1)}`
}

function transferLine({ id, current = 0, total = 0, started, completed, timestamp }: RawStatus): string {
  const size = total !== 0 ? ` ${formatBytes(current)} / ${formatBytes(total)}` : current !== 0 ? ` ${formatBytes(current)}` : ''
  const from = toMillis(started)
  const seconds = from === undefined ? 0 : ((toMillis(completed) ?? toMillis(timestamp) ?? from) - from) / 1000
  return `${id}${size}${seconds > 0.01 ? ` ${seconds.toFixed(1)}s` : ''}${completed === undefined ? '' : ' done'}`
}

function formatBytes(count: number): string {
  const unit = UNITS.findLastIndex((_, at) => count >= 1000 ** at)
  return unit <= 0 ? `${count}B` : `${(count / 1000 ** unit).toFixed(2)}${UNITS[unit]}`
}

/** Milliseconds, with the fraction that Date leaves out. */
function toMillis(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const beyond = /\.\d{3}(\d+)/.exec(text)?.[1]
  return Date.parse(text) + (beyond === undefined ? 0 : Number(`0.${beyond}`))
}
