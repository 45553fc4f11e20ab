import type { Env } from '../runner/env.ts'
import type { EngineClient } from './engine.ts'
import type { BuilderConfig } from './inputs.ts'
import type { BuildNeeds } from './needs.ts'
import type { Owner } from './owner.ts'
import type { Recorder } from './recorder.ts'
import type { EngineWorkers } from './workers.ts'

/** All that the steps of preparing a builder share. */
export interface Workshop {
  readonly config: BuilderConfig
  readonly needs: BuildNeeds
  readonly env: Env
  readonly signal: AbortSignal
  readonly info: (line: string) => void
  /** Prints output of others in a group of the log. */
  readonly group: <Value>(title: string, work: (print: (line: string) => void) => Promise<Value>) => Promise<Value>
  /** The words that call buildx. */
  readonly buildx: readonly string[]
  /** Directory of Docker's config.json. */
  readonly configDir: string
  /** Directory of buildx's own files. */
  readonly buildxDir: string
  /** Where the records of this user lie. */
  readonly root: string
  readonly owner: Owner
  readonly recorder: Recorder
  readonly engine: EngineClient
  /** What the BuildKit inside the engine says: asked once, at the beginning. Rejects when it does not answer. */
  readonly workers: () => Promise<EngineWorkers>
  /** The architectures that the kernel emulates now; undefined where the engine's kernel cannot be asked. */
  readonly handlers: () => Promise<ReadonlySet<string> | undefined>
}
