import { afterPrefix, type Event } from './event.ts'
import type { GitFacts } from './git.ts'

/** Works out the event of a plain clone, where no runner says anything: what is checked out counts as just pushed. */
export function eventOfClone(clone: GitFacts | undefined): Event {
  const ref = clone ? refOf(clone) : ''
  const url = webAddress(clone?.remote ?? '')
  const number = /^refs\/pull\/(\d+)\//.exec(ref)?.[1]
  return {
    system: 'clone',
    name: '',
    ref,
    sha: clone?.sha ?? '',
    branch: afterPrefix(ref, 'refs/heads/'),
    tag: afterPrefix(ref, 'refs/tags/'),
    pullRequest: number === undefined ? undefined : { number, headBranch: undefined, headSha: undefined },
    fork: false,
    baseRef: '',
    defaultBranch: clone?.defaultBranch,
    commitTime: clone?.commitTime,
    pushTime: undefined,
    repository: { name: url.split('/').at(-1) ?? '', description: '', url, license: '' },
  }
}

/** The branch that is checked out; for a detached HEAD a tag, a branch of origin, or a pull request at the commit. */
function refOf({ branch, refs, defaultBranch }: GitFacts): string {
  if (branch !== undefined) return `refs/heads/${branch}`
  const natural = new Intl.Collator('en', { numeric: true })
  const tags = refs.filter((ref) => ref.startsWith('refs/tags/')).sort(natural.compare)
  const remotes = refs.flatMap((ref) => afterPrefix(ref, 'refs/remotes/origin/') ?? []).filter((name) => name !== 'HEAD')
  const pull = refs.flatMap((ref) => afterPrefix(ref, 'refs/remotes/') ?? []).find((name) => /^pull\/\d+\/(?:merge|head)$/.test(name))
  const remote = remotes.find((name) => name === defaultBranch) ?? remotes[0]
  // Of several tags on one commit, the highest version is what people mean.
  const version = tags.findLast((ref) => /\/v?\d[^/]*$/.test(ref))
  return version ?? tags.at(-1) ?? (pull === undefined ? (remote === undefined ? '' : `refs/heads/${remote}`) : `refs/${pull}`)
}

/** The web page of a Git remote, without the credential that its address may hold; empty for none. */
function webAddress(remote: string): string {
  const [, sshHost, sshPath] = /^(?:[^/@]+@)?([^/:]+):(?!\/)(.+)$/.exec(remote) ?? []
  const text = sshHost === undefined ? remote : `ssh://${sshHost}/${sshPath}`
  if (!/^(?:https?|ssh|git):\/\//.test(text) || !URL.canParse(text)) return ''
  const { protocol, hostname, host, pathname } = new URL(text)
  const web = /^https?:$/.test(protocol) ? `${protocol}//${host}` : `https://${hostname}`
  return `${web}${pathname.replace(/(?:\.git)?\/*$/, '')}`
}
