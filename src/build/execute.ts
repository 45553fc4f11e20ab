import type { CacheWatch } from '../cache/watch.ts'
import { type ExecResult, exec } from '../docker/exec.ts'
import { PlainLog } from '../docker/plain.ts'
import { Progress, parseStatus, type RawWarning, type Step } from '../docker/progress.ts'
import { pushedReferences } from '../docker/pushed.ts'
import type { Reference } from '../registry/reference.ts'
import type { Env } from '../runner/env.ts'
import { explainBuild } from './failure.ts'
import { showCommand } from './plan.ts'

/** How one `buildx build` ended. */
export interface Execution {
  /** One line that says what went wrong and what to do; undefined for success. */
  readonly failure: string | undefined
  readonly steps: readonly Step[]
  /** What the checks of the Dockerfile found. */
  readonly warnings: readonly RawWarning[]
  /** What buildx printed that was no progress event. */
  readonly plain: readonly string[]
  /** What the builder says it has pushed, with its digest; of a failed build too. */
  readonly pushed: readonly Reference[]
}

export interface ExecuteOptions {
  /** Of the group in the log. */
  readonly title: string
  readonly env: Env
  readonly signal: AbortSignal
  /** Whether the build only looks: then what it prints is its result, and its exit code a verdict. */
  readonly query: boolean
  /** Gives the build up when its cache keeps it waiting. */
  readonly watch?: CacheWatch
  /** Called with the number of the process once it runs. */
  readonly onStart: (pid: number) => void
  readonly group: <Value>(title: string, work: (print: (line: string) => void) => Promise<Value>) => Promise<Value>
}

/** How often the log is brought up to date, in milliseconds, as buildx does it. */
const REFRESH = 150

/** Runs a `buildx build --progress=rawjson` to its end and shows its log as it comes. */
export async function execute(
  command: readonly string[],
  { title, env, signal, query, watch, onStart, group }: ExecuteOptions,
): Promise<Execution> {
  const progress = new Progress()
  const plain: string[] = []
  const pushed: Reference[] = []
  const result = await group(title, async (print) => {
    print(showCommand(command))
    const view = new PlainLog(print)
    const timer = setInterval(() => {
      view.flush()
      watch?.tick(Date.now())
    }, REFRESH)
    const ended = await exec(command, {
      env,
      signal: watch ? AbortSignal.any([signal, watch.signal]) : signal,
      onStart,
      onStdoutLine: print,
      onStderrLine: (line) => {
        const status = parseStatus(line)
        if (status) {
          progress.add(status)
          view.add(status)
          watch?.add(status, Date.now())
          pushed.push(...pushedReferences(status))
        } else {
          plain.push(line)
          view.end()
          print(line)
        }
      },
    }).finally(() => clearInterval(timer))
    view.end()
    return ended
  })
  const steps = progress.steps()
  const known = { steps, warnings: progress.warnings(), plain, pushed }
  if (signal.aborted)
    return { ...known, failure: `build: cancelled (${signal.reason}); tags pushed before that moment stay in the registry` }
  if (result.exitCode === 0) return { ...known, failure: undefined }
  return { ...known, failure: (query ? verdict(result) : undefined) ?? explainBuild({ ...result, steps, plain }) }
}

/** The first line of a query's answer, such as that of `--call check`, which counts its warnings there. */
function verdict({ stdout }: ExecResult): string | undefined {
  const first = stdout.split('\n').find((line) => line.trim() !== '')
  return first === undefined ? undefined : `call: ${first.trim()}`
}
