import { Block } from './block.ts'
import type { RawVertex, SolveStatus } from './progress.ts'

/** How long, in milliseconds, one step may hold the log while others wait. */
const HOLD = 5000

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
  readonly #clock: () => number
  readonly #blocks = new Map<string, Block>()
  #current: Block | undefined
  #count = 0

  /**
   * @param print gets each line
   * @param clock the time in milliseconds, to tell how long steps wait; the build's own times may come from another machine
   */
  constructor(print: (line: string) => void, clock: () => number = Date.now) {
    this.#print = print
    this.#clock = clock
  }

  /** Takes one event. */
  add({ vertexes, statuses, warnings, logs }: SolveStatus): void {
    for (const vertex of vertexes ?? []) this.#change(this.#place(vertex), (block) => block.addVertex(vertex))
    for (const status of statuses ?? []) this.#change(this.#find(status), (block) => block.addTransfer(status))
    for (const warning of warnings ?? []) this.#change(this.#find(warning), (block) => block.addWarning(warning))
    for (const log of logs ?? []) this.#change(this.#find(log), (block) => block.addLog(log))
  }

  /** Shows what is ready. */
  flush(): void {
    // What has ended comes first: the step that holds the log, then the others in the order in which they ended.
    if (this.#current?.canEnd) this.#show(this.#current)
    const ended = this.#all().filter((block) => block.canEnd)
    for (const block of ended.sort((a, b) => (a.stopped ?? 0) - (b.stopped ?? 0))) this.#show(block)
    if (this.#current?.isReady) this.#show(this.#current)
    const waiting = this.#all().filter((block) => block !== this.#current && block.isReady)
    const longest = waiting.toSorted((a, b) => (a.readySince ?? 0) - (b.readySince ?? 0))[0]
    if (!this.#current || this.#clock() - (longest?.readySince ?? this.#clock()) > HOLD) {
      if (longest) this.#show(longest)
    }
    // A step that prints nothing is announced as well, so that the log says what is being waited for.
    const running = this.#current ? undefined : this.#all().find((block) => block.isRunning)
    if (running) this.#announce(running)
  }

  /** Shows all that is still held back, at the end of the build or before other text. */
  end(): void {
    const inOrder = this.#all().sort((a, b) => (a.stopped ?? Number.POSITIVE_INFINITY) - (b.stopped ?? Number.POSITIVE_INFINITY))
    for (const block of inOrder) this.#show(block, true)
  }

  #place(vertex: RawVertex): Block {
    const group = vertex.progressGroup?.id
    const key = group === undefined ? vertex.digest : `group ${group}`
    const block = this.#blocks.get(key) ?? new Block()
    block.name = (vertex.progressGroup?.name || vertex.name) ?? ''
    this.#blocks.set(key, block)
    this.#blocks.set(vertex.digest, block)
    return block
  }

  #find({ vertex }: { readonly vertex?: string }): Block | undefined {
    return this.#blocks.get(vertex ?? '')
  }

  #change(block: Block | undefined, change: (block: Block) => void): void {
    if (!block) return
    change(block)
    if (block.isReady) block.readySince ??= this.#clock()
  }

  #show(block: Block, all = false): void {
    const lines = block.take(all)
    if (lines.length === 0) return
    this.#announce(block)
    for (const line of lines) this.#print(`#${block.index} ${line}`)
    if (block.ended) this.#current = undefined
  }

  #announce(block: Block): void {
    if (block === this.#current) return
    if (this.#current) this.#print(`#${this.#current.index} ...`)
    if (this.#count > 0) this.#print('')
    if (block.index === 0) block.index = ++this.#count
    this.#print(`#${block.index} ${block.name.replaceAll('\n', ' ')}`)
    this.#current = block
  }

  #all(): Block[] {
    return [...new Set(this.#blocks.values())]
  }
}
