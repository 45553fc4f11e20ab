import { decode, type RawLog, type RawStatus, type RawVertex, type SolveStatus } from './progress.ts'

/** How long, in milliseconds of the build's own clock, one step may hold the log while others wait. */
const HOLD = 5000
/** A transfer that goes on is shown again when it has moved by this share of its size, or after so many milliseconds. */
const SHOWN_SHARE = 0.05
const SHOWN_EVERY = 5000
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

interface Block {
  /** The number shown; 0 until the step is shown for the first time. */
  index: number
  name: string
  started: number | undefined
  completed: number | undefined
  cached: boolean
  error: string
  /** Part of a group of vertices that are one piece of work to the reader, and of which more may come. */
  grouped: boolean
  /** The beginning of a line whose end has not come yet. */
  open: string
  ready: string[]
  readySince: number | undefined
  /** Transfers that changed since they were last shown, and those that are not done. */
  changed: Map<string, RawStatus>
  running: Set<string>
  ended: boolean
}

/**
 * Writes a build's events as `--progress=plain` shows them: `#3 [2/4] RUN make`, its output behind `#3`, then `DONE`,
 * `CACHED` or `ERROR`. The output of steps that run side by side is kept together: a step holds the log until it ends or
 * others have waited for five seconds. Events are taken at once and shown by {@link PlainLog.flush}, to be called several
 * times a second.
 *
 * @see https://github.com/moby/buildkit/blob/master/util/progress/progressui/printer.go for the form
 */
export class PlainLog {
  readonly #print: (line: string) => void
  readonly #blocks = new Map<string, Block>()
  readonly #shown = new Map<string, { current: number; time: number }>()
  #current: Block | undefined
  #count = 0
  #now = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  /** Takes one event. */
  add(status: SolveStatus): void {
    for (const vertex of status.vertexes ?? []) this.#addVertex(vertex)
    for (const each of status.statuses ?? []) this.#addTransfer(each)
    for (const { vertex, short } of status.warnings ?? []) this.#say(vertex, `WARN: ${decode(short ?? '')}`)
    for (const log of status.logs ?? []) this.#addLog(log)
  }

  /** Shows what is ready. */
  flush(): void {
    if (this.#current && this.#isReady(this.#current)) this.#show(this.#current)
    for (const block of this.#all()) {
      if (block !== this.#current && this.#canEnd(block)) this.#show(block)
    }
    const waiting = this.#all().filter((block) => block !== this.#current && this.#isReady(block))
    const patient = waiting.every(({ readySince }) => this.#now - (readySince ?? this.#now) <= HOLD)
    if (this.#current && patient) return
    // A step that prints nothing is announced as well, so that the log says what is being waited for.
    const next = waiting[0] ?? (this.#current ? undefined : this.#all().find(({ started, ended }) => started !== undefined && !ended))
    if (next) this.#show(next)
  }

  /** Shows all that is still held back, at the end of the build. */
  end(): void {
    for (const block of this.#all()) {
      block.running.clear()
      if (block.completed !== undefined) block.grouped = false
      if (this.#isReady(block) || block.open !== '') this.#show(block)
    }
  }

  #addVertex(vertex: RawVertex): void {
    const group = vertex.progressGroup?.id
    const block = this.#blocks.get(vertex.digest) ?? (group === undefined ? undefined : this.#blocks.get(`group ${group}`)) ?? newBlock()
    this.#blocks.set(vertex.digest, block)
    if (group !== undefined) this.#blocks.set(`group ${group}`, block)
    block.name = (vertex.progressGroup?.name || vertex.name) ?? ''
    block.grouped = group !== undefined
    if (vertex.started !== undefined) block.started = Math.min(block.started ?? Number.POSITIVE_INFINITY, this.#time(vertex.started))
    if (vertex.completed === undefined) return
    block.completed = this.#time(vertex.completed)
    block.cached = vertex.cached === true
    block.error ||= vertex.error ?? ''
    block.readySince ??= this.#now
  }

  #addTransfer(status: RawStatus): void {
    const block = this.#blocks.get(status.vertex ?? '')
    if (!block) return
    this.#time(status.timestamp)
    block.changed.set(status.id, status)
    if (status.completed === undefined) block.running.add(status.id)
    else block.running.delete(status.id)
    block.readySince ??= this.#now
  }

  #addLog({ vertex, data, timestamp }: RawLog): void {
    const block = this.#blocks.get(vertex ?? '')
    if (!block || data === undefined) return
    const seconds = block.started === undefined ? 0 : (this.#time(timestamp) - block.started) / 1000
    const parts = `${block.open}${decode(data)}`.split('\n')
    block.open = parts.pop() ?? ''
    // What stands after the last carriage return is what a reader of a terminal would see of the line.
    for (const part of parts)
      this.#say(vertex, `${Math.max(0, seconds).toFixed(3)} ${part.replace(/\r$/, '').split('\r').at(-1) ?? ''}`.trimEnd())
  }

  #say(vertex: string | undefined, text: string): void {
    const block = this.#blocks.get(vertex ?? '')
    block?.ready.push(text)
    if (block) block.readySince ??= this.#now
  }

  #show(block: Block): void {
    const transfers = this.#takeTransfers(block)
    const ends = this.#canEnd(block)
    if ((ends || block.running.size === 0) && block.open !== '' && block.completed !== undefined) {
      block.ready.push(block.open)
      block.open = ''
    }
    if (block !== this.#current) this.#announce(block)
    for (const text of [...transfers, ...block.ready, ...(ends ? [ending(block)] : [])]) this.#print(`#${block.index} ${text}`)
    block.ready = []
    block.readySince = undefined
    block.ended ||= ends
    this.#current = block.ended ? undefined : block
  }

  #announce(block: Block): void {
    if (block.index === 0) block.index = ++this.#count
    if (this.#current && !this.#current.ended) this.#print(`#${this.#current.index} ...`)
    if (this.#count > 1) this.#print('')
    this.#print(`#${block.index} ${block.name.replaceAll('\n', ' ')}`)
  }

  #takeTransfers(block: Block): string[] {
    const lines: string[] = []
    for (const [id, status] of block.changed) {
      const key = `${status.vertex} ${id}`
      const current = status.current ?? 0
      const time = Date.parse(status.timestamp ?? '') || this.#now
      const last = this.#shown.get(key)
      const moved = last === undefined || (status.total ? (current - last.current) / status.total >= SHOWN_SHARE : false)
      if (status.completed === undefined && !moved && time - (last?.time ?? 0) < SHOWN_EVERY) continue
      this.#shown.set(key, { current, time })
      lines.push(transferLine(status))
    }
    block.changed.clear()
    return lines
  }

  #isReady(block: Block): boolean {
    return block.ready.length > 0 || block.changed.size > 0 || this.#canEnd(block)
  }

  #canEnd({ ended, completed, running, grouped, error }: Block): boolean {
    return !ended && completed !== undefined && running.size === 0 && (!grouped || error !== '')
  }

  #all(): Block[] {
    return [...new Set(this.#blocks.values())]
  }

  #time(text: string | undefined): number {
    const parsed = Date.parse(text ?? '')
    if (parsed > this.#now) this.#now = parsed
    return Number.isNaN(parsed) ? this.#now : parsed
  }
}

function newBlock(): Block {
  return {
    index: 0,
    name: '',
    started: undefined,
    completed: undefined,
    cached: false,
    error: '',
    grouped: false,
    open: '',
    ready: [],
    readySince: undefined,
    changed: new Map(),
    running: new Set(),
    ended: false,
  }
}

function ending({ error, cached, started, completed }: Block): string {
  if (error.endsWith('context canceled')) return 'CANCELED'
  if (error !== '') return `ERROR: ${error}`
  if (cached) return 'CACHED'
  return started === undefined || completed === undefined ? 'DONE' : `DONE ${((completed - started) / 1000).toFixed(1)}s`
}

function transferLine({ id, current = 0, total = 0, started, completed, timestamp }: RawStatus): string {
  const size = total > 0 ? ` ${bytes(current)} / ${bytes(total)}` : current > 0 ? ` ${bytes(current)}` : ''
  const seconds = started === undefined ? 0 : (Date.parse(completed ?? timestamp ?? started) - Date.parse(started)) / 1000
  return `${id}${size}${seconds > 0.01 ? ` ${seconds.toFixed(1)}s` : ''}${completed === undefined ? '' : ' done'}`
}

function bytes(count: number): string {
  const unit = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3))
  return `${(count / 1000 ** unit).toFixed(unit === 0 ? 0 : 2)}${UNITS[unit]}`
}
