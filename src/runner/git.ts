import { exec } from '../docker/exec.ts'
import type { Env } from './env.ts'

/** What a clone knows of itself. */
export interface GitFacts {
  /** The commit that is checked out. */
  readonly sha: string
  /** When it was committed. */
  readonly commitTime: Date | undefined
  /** The branch that is checked out; undefined for a detached HEAD. */
  readonly branch: string | undefined
  /** Full names of all refs at the commit. */
  readonly refs: readonly string[]
  readonly defaultBranch: string | undefined
  /** Address of the remote `origin` as it is configured; it can hold a credential. */
  readonly remote: string | undefined
}

const TIMEOUT = 10_000

/** Reads what a clone knows of itself; undefined outside of one, without a commit, or without git. */
export async function readClone(folder: string, env: Env): Promise<GitFacts | undefined> {
  const git = (...args: string[]) => gitLines(args, folder, env)
  // Where this fails there is nothing else to ask for.
  const [sha, seconds] = await git('log', '-1', '--no-show-signature', '--format=%H%n%ct', 'HEAD', '--')
  if (sha === undefined) return undefined
  const [branch, refs, origin, remote] = await Promise.all([
    git('symbolic-ref', '--quiet', 'HEAD'),
    git('for-each-ref', '--points-at=HEAD', '--format=%(refname)'),
    git('symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD'),
    git('config', '--get', 'remote.origin.url'),
  ])
  return {
    sha,
    commitTime: toTime(seconds),
    branch: branch[0]?.replace(/^refs\/heads\//, ''),
    refs,
    defaultBranch: origin[0]?.replace(/^refs\/remotes\/origin\//, ''),
    remote: remote[0],
  }
}

/** When a commit was committed; undefined where the clone does not have it. */
export async function readCommitTime(sha: string, folder: string, env: Env): Promise<Date | undefined> {
  if (!/^[0-9a-f]{7,64}$/i.test(sha)) return undefined
  const [seconds] = await gitLines(['log', '-1', '--no-show-signature', '--format=%ct', sha, '--'], folder, env)
  return toTime(seconds)
}

/** The names of all tags in the clone; a shallow one usually has none. */
export async function readTags(folder: string, env: Env): Promise<string[]> {
  const refs = await gitLines(['for-each-ref', '--format=%(refname)', 'refs/tags'], folder, env)
  return refs.map((ref) => ref.replace(/^refs\/tags\//, ''))
}

/** The lines git prints; none when it fails or is not there: what git knows is never needed, only welcome. */
async function gitLines(args: readonly string[], folder: string, env: Env): Promise<string[]> {
  // A container job's workspace belongs to another user, which git refuses: nothing here runs what the clone configures.
  // https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory
  const command = ['git', '-c', 'safe.directory=*', ...args]
  const result = await exec(command, { cwd: folder, env, timeout: TIMEOUT }).catch(() => undefined)
  if (result?.exitCode !== 0) return []
  return result.stdout.split('\n').filter((line) => line !== '')
}

function toTime(seconds: string | undefined): Date | undefined {
  return seconds !== undefined && /^\d+$/.test(seconds) ? new Date(Number(seconds) * 1000) : undefined
}
