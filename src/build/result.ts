import type { PreparedBuilder } from '../builder/prepare.ts'
import type { CacheEvent } from '../cache/facts.ts'
import type { RawWarning, Step } from '../docker/progress.ts'
import type { Reference } from '../registry/reference.ts'
import type { Env } from '../runner/env.ts'
import type { Execution } from './execute.ts'

/** How a build went; also of a failed one, so that what is known can be reported before the step fails. */
export interface BuildResult {
  /** One line that says what went wrong and what to do; undefined for success. */
  readonly failure: string | undefined
  /** What was built, or of a push all that is live. */
  readonly references: readonly Reference[]
  /** Of a push, what should be live and is not. */
  readonly failed: readonly Reference[]
  /** Of what is live, the tags that were left alone, since their image has the same content. */
  readonly unchanged: readonly Reference[]
  readonly digest: string | undefined
  readonly imageId: string | undefined
  readonly metadata: string | undefined
  /** The file with all that buildx says of the build; it stays until the end of the job. */
  readonly metadataFile: string | undefined
  /** Digest by platform, as read back from the registry; empty when nothing was pushed. */
  readonly platforms: ReadonlyMap<string, string>
  /** Bytes to download by platform, where asked for and known. */
  readonly sizes?: ReadonlyMap<string, number>
  readonly steps: readonly Step[]
  /** What the checks of the Dockerfile found. */
  readonly warnings: readonly RawWarning[]
  /** What buildx printed that was no progress event: of a failed build, the lines of the Dockerfile and the error. */
  readonly plain: readonly string[]
  readonly builder: PreparedBuilder
}

export interface RunOptions {
  readonly env: Env
  readonly event: CacheEvent
  readonly signal: AbortSignal
  /** Called with the temporary folder of the step before anything is put into it, so that post can remove it. */
  readonly onTemp: (path: string) => void
  /** Called with the place of the builder's record before anything is made for it, so that post can undo it. */
  readonly onRecord: (path: string) => void
  /** Called when a build has been started, so that post can end one that outlives a main that was killed. */
  readonly onProcess: (pid: number) => void
  /** Whether the sizes of what was pushed are to be read as well. */
  readonly sizes: boolean
  readonly log: {
    readonly info: (line: string) => void
    readonly warn: (line: string) => void
    readonly group: <Value>(title: string, work: (print: (line: string) => void) => Promise<Value>) => Promise<Value>
  }
}

/** A build that has been carried out, before it is known what of it is live. */
export type Built = Omit<BuildResult, 'references' | 'failed' | 'unchanged' | 'platforms'> & Pick<Execution, 'pushed'>
