import { type ExecOptions, type ExecResult, exec } from '../docker/exec.ts'
import { processStart } from './owner.ts'
import { type RunRecord, writeRecord } from './records.ts'

type Lists = 'builders' | 'folders' | 'contexts' | 'containers' | 'processes'

/** Writes down what a step makes before it makes it. Nothing is written while there is nothing to undo. */
export class Recorder {
  readonly path: string
  readonly #onFirst: (path: string) => void
  #record: RunRecord
  #written = false
  #queue: Promise<void> = Promise.resolve()

  /**
   * @param path where the record is to lie
   * @param start what is known from the beginning
   * @param onFirst told the path before anything is made, so that post finds the record
   */
  constructor(path: string, start: Omit<RunRecord, Lists | 'version'>, onFirst: (path: string) => void) {
    this.path = path
    this.#onFirst = onFirst
    this.#record = { version: 1, ...start, builders: [], folders: [], contexts: [], containers: [], processes: [] }
  }

  /** Notes further things that are about to be made. @throws Error when the record cannot be written */
  async add(things: Partial<Pick<RunRecord, Exclude<Lists, 'processes'>>>): Promise<void> {
    if (!this.#written) this.#onFirst(this.path)
    this.#written = true
    const { builders = [], folders = [], contexts = [], containers = [] } = things
    await this.#write({
      builders: [...this.#record.builders, ...builders],
      folders: [...this.#record.folders, ...folders],
      contexts: [...this.#record.contexts, ...contexts],
      containers: [...this.#record.containers, ...containers],
    })
  }

  /**
   * Runs a program, and notes it while it runs if there is anything to undo: one that outlives a killed step goes on making
   * what is being removed.
   */
  async exec(command: readonly string[], options: ExecOptions): Promise<ExecResult> {
    if (!this.#written) return exec(command, options)
    let pid: number | undefined
    const onStart = (started: number) => {
      pid = started
      void processStart(started).then((ticks) =>
        ticks === undefined ? undefined : this.#write({ processes: [...this.#record.processes, { pid: started, started: ticks }] }),
      )
    }
    try {
      return await exec(command, { ...options, onStart })
    } finally {
      await this.#queue
      await this.#write({ processes: this.#record.processes.filter((each) => each.pid !== pid) })
    }
  }

  #write(change: Partial<RunRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change }
    const record = this.#record
    // One after the other: each write replaces the same file.
    const written = this.#queue.then(() => writeRecord(this.path, record))
    this.#queue = written.catch(() => undefined)
    return written
  }
}
