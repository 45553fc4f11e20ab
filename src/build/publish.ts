import { isPassing, lastLine, tried } from '../builder/faults.ts'
import { flag } from '../docker/command.ts'
import { exec } from '../docker/exec.ts'
import { formatReference, formatRepository, type Reference } from '../registry/reference.ts'
import type { Env } from '../runner/env.ts'
import type { Copy } from './targets.ts'

/** How the copying to one registry went. */
export interface Published {
  readonly copy: Copy
  /** What the registry said; undefined for success. */
  readonly fault: string | undefined
}

export interface PublishOptions {
  /** The words that call buildx. */
  readonly buildx: readonly string[]
  readonly builder: string
  readonly env: Env
  readonly signal: AbortSignal
  readonly info: (line: string) => void
}

/**
 * Copies an image to other registries by its digest, all at once, each with its own tries: what one of them says does not
 * concern the others.
 *
 * @param source a reference whose repository holds the digest
 */
export function publish(source: Reference, digest: string, copies: readonly Copy[], options: PublishOptions): Promise<Published[]> {
  const { buildx, builder, env, signal, info } = options
  const from = `${formatRepository(source)}@${digest}`
  const copyTo = async (copy: Copy): Promise<Published> => {
    const command = createCommand(buildx, builder, copy.references, from)
    const result = await tried(
      () => exec(command, { env, signal }),
      ({ exitCode, stderr }) => exitCode !== 0 && isPassing(lastLine(stderr)),
      { signal, onAgain: ({ stderr }, pause) => info(`Push: ${copy.host} said "${lastLine(stderr)}"; tried again in ${pause / 1000} s`) },
    )
    if (result.exitCode === 0) return { copy, fault: undefined }
    return { copy, fault: signal.aborted ? `cancelled (${signal.reason})` : lastLine(result.stderr) || `exit code ${result.exitCode}` }
  }
  return Promise.all(copies.map(copyTo))
}

/**
 * The command that gives an image further names. A single source is copied as it is: by default buildx would make an index
 * of an image of one platform.
 *
 * @see https://docs.docker.com/reference/cli/docker/buildx/imagetools/create/
 */
export function createCommand(buildx: readonly string[], builder: string, references: readonly Reference[], from: string): string[] {
  return [
    ...buildx,
    'imagetools',
    'create',
    ...flag('--builder', builder),
    '--progress=plain',
    '--prefer-index=false',
    ...flag('--tag', references.map(formatReference)),
    from,
  ]
}

/** One line that says what went wrong with each registry, and of each tag whether it is live. */
export function explainPublished(live: readonly Reference[], failed: readonly Reference[], faults: readonly Published[]): string {
  const said = faults.flatMap(({ copy, fault }) => (fault === undefined ? [] : [`${copy.host}: ${fault}`]))
  return `push: ${said.join('; ')}; ${explainLive(live, failed)}; sign in to the registry that failed, or run the job again`
}

/** Which tags are live, and which are not. */
export function explainLive(live: readonly Reference[], failed: readonly Reference[]): string {
  const list = (references: readonly Reference[]) => references.map(formatReference).join(', ') || 'none'
  return `live are ${list(live)}; not live are ${list(failed)}`
}
