import { spawn } from 'node:child_process'

export interface ExecOptions {
  /** Written to the process's standard input, which is then closed. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Hands the reason of an abort, when it is a signal's name, on to the process; otherwise SIGTERM. */
  readonly signal?: AbortSignal
  /** After so many milliseconds the process is ended with SIGTERM, and ten seconds later with SIGKILL. */
  readonly timeout?: number
  /** Called with the number of the process once it runs. */
  readonly onStart?: (pid: number) => void
  /** Called with each complete line, without its end. */
  readonly onStdoutLine?: (line: string) => void
  readonly onStderrLine?: (line: string) => void
}

export interface ExecResult {
  /** The exit code; 128 + the signal's number is not made up here: a process ended by a signal has null. */
  readonly exitCode: number | null
  readonly endedBy: NodeJS.Signals | null
  readonly timedOut: boolean
  /** At most the last {@link KEPT} characters of each stream. */
  readonly stdout: string
  readonly stderr: string
}

const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOENT', 'it is not installed or not in PATH'],
  ['EACCES', 'it may not be executed'],
  ['E2BIG', 'its arguments and environment are too long; hand large values over in files'],
])

/** A program that could not be started at all. */
export class StartError extends Error {
  readonly program: string

  constructor(program: string, cause: NodeJS.ErrnoException) {
    const reason = REASONS.get(cause.code) ?? cause.code ?? cause.message
    super(`cannot start ${program}: ${reason}`, { cause })
    this.name = 'StartError'
    this.program = program
  }
}

const KEPT = 1024 * 1024
const KILL_AFTER = 10_000

/**
 * Runs a program to its end. There is no shell, and what it prints does not decide anything: judge it by `exitCode`.
 * @actions/exec is not used because it does not give out the child, so that no signal could be handed on.
 *
 * @param command the program and its arguments
 * @returns how it ended and what it printed; a non-zero exit is a result, not an error
 * @throws StartError when the program cannot be started
 */
export async function exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const [program = '', ...args] = command
  const child = start(program, args, options)
  if (child.pid !== undefined) options.onStart?.(child.pid)
  const closed = new Promise<{ exitCode: number | null; endedBy: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => reject(new StartError(program, cause)))
    child.once('close', (exitCode, endedBy) => resolve({ exitCode, endedBy }))
  })
  const stdout = collect(child.stdout, options.onStdoutLine)
  const stderr = collect(child.stderr, options.onStderrLine)
  // A program may end without reading its input; its exit code then tells, not our broken pipe.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')

  let timedOut = false
  let killer: NodeJS.Timeout | undefined
  const end = (name: NodeJS.Signals) => {
    child.kill(name)
    // buildx gives up at the first signal; one that hangs, or a child of its own that keeps the pipes, must not outlive the step.
    killer ??= setTimeout(() => {
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
    }, KILL_AFTER)
  }
  const expire = () => {
    timedOut = true
    end('SIGTERM')
  }
  const timer = options.timeout === undefined ? undefined : setTimeout(expire, options.timeout)
  const forward = () => end(toSignal(options.signal?.reason))
  options.signal?.addEventListener('abort', forward)
  if (options.signal?.aborted) forward()
  try {
    const { exitCode, endedBy } = await closed
    return { exitCode, endedBy, timedOut, stdout: stdout(), stderr: stderr() }
  } finally {
    clearTimeout(timer)
    clearTimeout(killer)
    options.signal?.removeEventListener('abort', forward)
  }
}

function start(program: string, args: readonly string[], { cwd, env }: ExecOptions) {
  try {
    const place = { ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }) }
    return spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true, ...place })
  } catch (cause) {
    // Some faults are thrown at once, such as arguments that are too long; those of a missing program come as an event.
    throw new StartError(program, cause as NodeJS.ErrnoException)
  }
}

function toSignal(reason: unknown): NodeJS.Signals {
  return reason === 'SIGINT' || reason === 'SIGHUP' ? reason : 'SIGTERM'
}

function collect(stream: NodeJS.ReadableStream, onLine: ((line: string) => void) | undefined): () => string {
  let kept = ''
  let open = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    kept = `${kept}${chunk}`.slice(-KEPT)
    if (!onLine) return
    const lines = `${open}${chunk}`.split('\n')
    open = lines.pop() ?? ''
    for (const line of lines) onLine(line.replace(/\r$/, ''))
  })
  stream.on('end', () => {
    if (onLine && open !== '') onLine(open.replace(/\r$/, ''))
  })
  return () => kept
}
