import type { Env } from './env.ts'
import { Payload } from './payload.ts'

/** What made the workflow run, and on which commit. What is not known is undefined, or empty where it is text. */
export interface Event {
  readonly system: 'forgejo' | 'gitea' | 'github' | 'clone'
  /** The event's name, such as `push`; empty in a plain clone. */
  readonly name: string
  /** The full ref, such as `refs/heads/main`, `refs/tags/v1.2.3` and `refs/pull/2/merge`. */
  readonly ref: string
  readonly sha: string
  /** The branch of the ref; undefined for the temporary one of a merge queue. */
  readonly branch: string | undefined
  readonly tag: string | undefined
  readonly pullRequest: PullRequest | undefined
  /** Whether the code comes from another repository: then it must not get at secrets or write anywhere. */
  readonly fork: boolean
  /** The branch that a pull request or a merge queue goes into, or that a tag was pushed from where the code host says so. */
  readonly baseRef: string
  readonly defaultBranch: string | undefined
  readonly commitTime: Date | undefined
  /** When the commit was pushed, where the code host says so. */
  readonly pushTime: Date | undefined
  readonly repository: SourceRepository
}

export interface PullRequest {
  readonly number: string
  /** The branch it comes from. */
  readonly headBranch: string | undefined
  /** Its last commit; `sha` of the event is that of the merge. */
  readonly headSha: string | undefined
}

/** The repository of the source, for people. */
export interface SourceRepository {
  readonly name: string
  readonly description: string
  readonly url: string
  /** The licence's SPDX identifier. */
  readonly license: string
}

/** Whether a runner says which commit it is about; if not, the clone itself has to. */
export function isOnRunner(env: Env): boolean {
  return Boolean(env.GITHUB_REF || env.GITHUB_SHA)
}

/**
 * Works out the event from what GitHub, Forgejo, Gitea and act put into the environment.
 *
 * @param payloadText the JSON of the event's details, empty for none
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 */
export function eventOfRunner(env: Env, payloadText: string): Event {
  const payload = new Payload(payloadText)
  const name = env.GITHUB_EVENT_NAME ?? ''
  const queue = name === 'merge_group'
  const number = pullRequestNumber(env, payload)
  // This event's own ref is the base branch, but it is about the pull request:
  // https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request_target
  const ref = name === 'pull_request_target' && number !== undefined ? `refs/pull/${number}/merge` : (env.GITHUB_REF ?? '')
  const onPullRequest = ref.startsWith('refs/pull/') || queue
  const headSha = payload.text('pull_request', 'head', 'sha')
  const useHead = onPullRequest && headSha !== undefined && /^true$/i.test(env.DOCKER_METADATA_PR_HEAD_SHA ?? '')
  const sha = useHead ? headSha : (env.GITHUB_SHA ?? '')
  return {
    system: detectSystem(env),
    name,
    ref,
    sha,
    branch: queue ? undefined : afterPrefix(ref, 'refs/heads/'),
    tag: afterPrefix(ref, 'refs/tags/'),
    pullRequest:
      onPullRequest && number !== undefined
        ? { number, headBranch: payload.text('pull_request', 'head', 'ref') ?? (env.GITHUB_HEAD_REF || undefined), headSha }
        : undefined,
    fork: isFork(payload),
    baseRef: onPullRequest ? targetBranch(env, payload) : tagSource(ref, payload),
    defaultBranch: payload.text('repository', 'default_branch'),
    commitTime: readCommitTime(sha, payload),
    // Only of a push is it this push's time: elsewhere it is that of the last one to any branch.
    pushTime: name === 'push' ? payload.time('repository', 'pushed_at') : undefined,
    repository: readRepository(env, payload),
  }
}

function detectSystem(env: Env): Event['system'] {
  if (env.FORGEJO_ACTIONS === 'true') return 'forgejo'
  return env.GITEA_ACTIONS === 'true' ? 'gitea' : 'github'
}

function pullRequestNumber(env: Env, payload: Payload): string | undefined {
  const number = payload.number('pull_request', 'number') ?? payload.number('number')
  const [, named] =
    /^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? '') ??
    // The merge queue's branch: gh-readonly-queue/<base>/pr-<number>-<sha of the base>.
    /\/pr-(\d+)-[0-9a-f]+$/.exec(payload.text('merge_group', 'head_ref') ?? env.GITHUB_REF ?? '') ??
    []
  return named ?? (number === undefined ? undefined : String(number))
}

function targetBranch(env: Env, payload: Payload): string {
  const queue = payload.text('merge_group', 'base_ref')?.replace(/^refs\/heads\//, '')
  return queue ?? payload.text('pull_request', 'base', 'ref') ?? env.GITHUB_BASE_REF ?? ''
}

function tagSource(ref: string, payload: Payload): string {
  return ref.startsWith('refs/tags/') ? (payload.text('base_ref') ?? '').replace(/^refs\/heads\//, '') : ''
}

function isFork(payload: Payload): boolean {
  if (!payload.has('pull_request')) return false
  const head = payload.text('pull_request', 'head', 'repo', 'full_name')
  // A fork that has been deleted leaves no repository behind.
  return (
    head === undefined || head !== (payload.text('pull_request', 'base', 'repo', 'full_name') ?? payload.text('repository', 'full_name'))
  )
}

function readCommitTime(sha: string, payload: Payload): Date | undefined {
  for (const path of [['head_commit'], ['merge_group', 'head_commit']]) {
    if (payload.text(...path, 'id') === sha) return payload.time(...path, 'timestamp')
  }
  return undefined
}

function readRepository(env: Env, payload: Payload): SourceRepository {
  const server = env.GITHUB_SERVER_URL?.replace(/\/+$/, '')
  const path = env.GITHUB_REPOSITORY
  const license = payload.text('repository', 'license', 'spdx_id') ?? payload.text('repository', 'licenses', '0') ?? ''
  return {
    name: payload.text('repository', 'name') ?? path?.split('/').at(-1) ?? '',
    description: payload.text('repository', 'description') ?? '',
    url: payload.text('repository', 'html_url') ?? (server && path ? `${server}/${path}` : ''),
    // https://docs.github.com/en/rest/licenses says so where it finds none that it knows.
    license: license === 'NOASSERTION' ? '' : license,
  }
}

/** What follows a prefix; undefined where the text does not begin with it, or nothing follows. */
export function afterPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) && text.length > prefix.length ? text.slice(prefix.length) : undefined
}
