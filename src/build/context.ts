import type { Env } from '../runner/env.ts'
import type { Event } from '../runner/event.ts'
import type { Secret } from './secrets.ts'

/** Where the source of a build is, beyond the inputs. */
export interface Source {
  /** Whether the workspace holds the sources: a checkout, or at least the Dockerfile. */
  readonly checkout: boolean
  /** The event's commit as a Git context; undefined when nobody says which it is. */
  readonly git: GitContext | undefined
  /** When that commit was made, in seconds since 1970, or what SOURCE_DATE_EPOCH says; undefined when nobody knows. */
  readonly epoch: number | undefined
}

/** What is in the workspace, and nothing said of where it comes from. */
export const WORKSPACE: Source = { checkout: true, git: undefined, epoch: undefined }

/** A repository and a commit of it, as BuildKit takes them. */
export interface GitContext {
  /** Address of the repository: `https://github.com/me/app.git`. */
  readonly repository: string
  /** With the commit: `https://github.com/me/app.git#…`. */
  readonly address: string
  /** With a port, where the server has one: the token goes there and nowhere else. */
  readonly host: string
}

/**
 * The Git context of an event: its commit, in the repository that the workflow runs for.
 *
 * @returns undefined outside of a runner
 * @see https://docs.docker.com/build/concepts/context/#git-repositories
 */
export function gitContext(event: Pick<Event, 'pullRequest'>, env: Env): GitContext | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: path, GITHUB_SHA: sha, GITHUB_REF: ref } = env
  if (!server || !path || !URL.canParse(server) || !(sha || ref)) return undefined
  const repository = `${server.replace(/\/+$/, '')}/${path}.git`
  // As build-push-action has it, for those who build the branch itself and not its merge.
  const head = /^(?:1|t|true)$/i.test(env.DOCKER_DEFAULT_GIT_CONTEXT_PR_HEAD_REF ?? '') && /^refs\/pull\/\d+\/merge$/.test(ref ?? '')
  const commit = head ? (event.pullRequest?.headSha ?? ref?.replace(/\/merge$/, '/head')) : sha || ref
  return { repository, address: `${repository}#${commit}`, host: new URL(server).host }
}

/**
 * The context of a build: as given, with `{{defaultContext}}` replaced; where none is given, the workspace if it holds the
 * sources, else the event's commit.
 *
 * @param text the input
 * @throws Error that says what to write when there is neither
 */
export function resolveContext(text: string, { checkout, git }: Pick<Source, 'checkout' | 'git'>): string {
  const given = text.trim()
  if (given === '') return checkout || !git ? '.' : git.address
  return given.replaceAll(/\{\{\s*defaultContext\s*\}\}/g, () => {
    if (!git) throw new Error('{{defaultContext}} is not known here: no runner says which commit this is; write a path or an address')
    return git.address
  })
}

/**
 * The secret that lets BuildKit fetch the event's own repository: for the host of the code alone, and only where a context is
 * that repository and the user has not given a credential of his own.
 *
 * @param contexts of the build, its named ones too
 * @see https://docs.docker.com/build/building/secrets/#git-authentication-for-remote-contexts
 */
export function gitSecret(
  token: string,
  {
    contexts,
    secrets,
    git,
  }: { readonly contexts: readonly string[]; readonly secrets: readonly Secret[]; readonly git: GitContext | undefined },
): Secret | undefined {
  if (token === '' || !git || !contexts.some((context) => isOf(context, git))) return undefined
  const own = ['GIT_AUTH_TOKEN', 'GIT_AUTH_HEADER'].flatMap((name) => [name, `${name}.${git.host}`])
  if (secrets.some(({ id }) => own.includes(id))) return undefined
  return { id: `GIT_AUTH_TOKEN.${git.host}`, kind: 'value', value: token }
}

function isOf(context: string, { repository }: GitContext): boolean {
  return context === repository || context.startsWith(`${repository}#`) || context.startsWith(`${repository}?`)
}
