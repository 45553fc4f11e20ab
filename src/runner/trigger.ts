import { readFile } from 'node:fs/promises'
import { eventOfClone } from './clone.ts'
import type { Env } from './env.ts'
import { type Event, eventOfRunner, isOnRunner } from './event.ts'
import { readClone, readCommitTime, readTags } from './git.ts'

/** An event with what only git knows of it. */
export interface Trigger {
  readonly event: Event
  /** All tags of the clone, where the event is about one of them; none in a shallow clone. */
  readonly gitTags: readonly string[]
}

/**
 * Finds out what made this run: from the environment and the payload, and from git only what they leave open.
 *
 * @param folder where the repository is checked out
 * @param options git: whether to ask it, which nothing that takes no part in names or times needs
 */
export async function readTrigger(folder: string, env: Env, { git = true }: { readonly git?: boolean } = {}): Promise<Trigger> {
  const event = isOnRunner(env) ? eventOfRunner(env, await readPayload(env)) : eventOfClone(git ? await readClone(folder, env) : undefined)
  if (!git) return { event, gitTags: [] }
  const [commitTime, gitTags] = await Promise.all([
    event.commitTime ?? readCommitTime(event.sha, folder, env),
    event.tag === undefined ? [] : readTags(folder, env),
  ])
  return { event: { ...event, commitTime }, gitTags }
}

async function readPayload({ GITHUB_EVENT_PATH: path }: Env): Promise<string> {
  return path ? await readFile(path, 'utf8').catch(() => '') : ''
}
