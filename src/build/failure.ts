import { failedStep, type Step } from '../docker/progress.ts'

/** How a build ended that did not succeed. */
export interface FailedBuild {
  readonly exitCode: number | null
  readonly endedBy: NodeJS.Signals | null
  readonly steps: readonly Step[]
  /** What buildx printed that was no progress event: at the end of a failed build, the place in the Dockerfile and the error. */
  readonly plain: readonly string[]
}

/**
 * One line that says which step failed, where in the Dockerfile, and why; or what else ended the build.
 */
export function explainBuild({ exitCode, endedBy, steps, plain }: FailedBuild): string {
  const error = lastError(plain)
  const step = failedStep(steps, error)
  const ended = exitCode === null ? `was ended by ${endedBy}` : `ended with exit code ${exitCode}`
  if (step && !step.name.startsWith('[internal]') && step.error !== undefined) {
    const place = dockerfilePlace(plain)
    // The step that is to blame can be cancelled along with the rest before it has told its own error.
    const why = step.error.endsWith('context canceled') ? (error ?? step.error) : step.error
    return `build: step "${oneLine(step.name)}" failed${place ? ` (${place})` : ''}: ${oneLine(why)}${adviceFor(step, why)}`
  }
  const reason = error ?? (step?.error === undefined ? undefined : oneLine(step.error))
  if (reason === undefined) return `build: buildx ${ended} and said nothing; run the command above by hand`
  return `build: ${reason}${advice(reason)}`
}

/** The error of a program quotes its command, which may say anything; what went wrong with it stands in its last words. */
function adviceFor({ log }: Step, error: string): string {
  if (!/^process ".*" did not complete successfully/s.test(error)) return advice(error)
  const said = log.at(-1) ?? ''
  return /exec format error|no space left on device/i.test(said) ? advice(said) : ''
}

function advice(error: string): string {
  if (/exec format error|exec user process caused/i.test(error))
    return '; the machine cannot run this platform: set up its emulation before the build'
  if (/no match for platform/i.test(error))
    return '; the base image has no such platform: take another base or leave the platform out of the input platforms'
  if (/could not read Username|Authentication failed for/i.test(error)) {
    return '; give a token that may read the repository in the input github-token, or as the secret GIT_AUTH_TOKEN'
  }
  if (/failed to read dockerfile|no such file or directory.*Dockerfile|Dockerfile.*no such file/i.test(error))
    return '; check the inputs context and file'
  if (/\b401\b|\b403\b|unauthorized|authorization failed|insufficient_scope|access denied|\bdenied\b/i.test(error)) {
    return '; sign in to that registry with the login action before this step, with an account that may do this'
  }
  if (/no space left/i.test(error)) return '; free disk space on the machine of the builder'
  if (/connection refused|no such host|i\/o timeout|connection reset|TLS handshake timeout/i.test(error))
    return '; check that the registry is up and can be reached from the builder'
  if (/cannot connect to the docker daemon|is the docker daemon running/i.test(error)) return '; start the docker engine'
  if (/no builder .* found/i.test(error)) return '; check the input builder'
  if (
    /Cache export is not supported for the docker driver|multiple platforms feature is currently not supported for docker driver|Multi-platform build is not supported/i.test(
      error,
    )
  ) {
    return "; this engine's image store cannot do it: switch it to the containerd image store, or name another builder in the input builder"
  }
  return ''
}

function lastError(plain: readonly string[]): string | undefined {
  const at = plain.findLastIndex((each) => /^(?:ERROR|error): /.test(each))
  const line = at < 0 ? plain.findLast((each) => each.trim() !== '') : withQuoted(plain.slice(at))
  return line?.replace(/^(?:ERROR|error): (?:failed to build: )?(?:failed to solve: )?/, '').trim()
}

/** The line of an error, with the lines of another program that it quotes, such as git's: those follow its colon. */
function withQuoted([line = '', ...following]: readonly string[]): string {
  if (!line.endsWith(':')) return line
  return oneLine([line, ...following].join('\n')).slice(0, 1000)
}

/** `Dockerfile:3`, which buildx prints above an excerpt of the file. */
function dockerfilePlace(plain: readonly string[]): string | undefined {
  return plain.find((line, index) => /^\S.*:\d+$/.test(line) && /^-{5,}$/.test(plain[index + 1] ?? ''))
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim()
}
