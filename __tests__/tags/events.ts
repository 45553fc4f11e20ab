import { type Event, eventOfRunner } from '../../src/runner/event.ts'
import { readTagsConfig } from '../../src/tags/inputs.ts'
import { describeImage, type Metadata } from '../../src/tags/metadata.ts'
import type { Scope } from '../../src/tags/scope.ts'

export const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37'
const NOW = new Date('2020-01-10T00:30:00.000Z')

/** What a code host tells of the repository in each event. */
const REPOSITORY = {
  name: 'Hello-World',
  full_name: 'octocat/Hello-World',
  description: 'This your first repo!',
  html_url: 'https://github.com/octocat/Hello-World',
  default_branch: 'master',
  license: { key: 'mit', name: 'MIT License', spdx_id: 'MIT' },
}

/** An event as GitHub tells it. */
export function event(name: string, ref: string, payload: Record<string, unknown> = {}, env: Record<string, string> = {}): Event {
  const all = { GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: name, GITHUB_REF: ref, GITHUB_SHA: SHA, ...env }
  return eventOfRunner(all, JSON.stringify({ repository: REPOSITORY, ...payload }))
}

export const branch = (name: string) =>
  event('push', `refs/heads/${name}`, { head_commit: { id: SHA, timestamp: '2020-01-10T01:30:00+01:00' } })
export const tag = (name: string) =>
  event('push', `refs/tags/${name}`, { base_ref: 'refs/heads/master', head_commit: { id: SHA, timestamp: NOW.toISOString() } })
export const pullRequest = (number: number, head = 'feature', repository = 'octocat/Hello-World') => {
  const from = { ref: head, sha: 'f11797be6ef8a39d3b3f9f2a2a3a2a9c1a3b4c5d', repo: { full_name: repository } }
  const base = { ref: 'master', repo: { full_name: 'octocat/Hello-World' } }
  return event('pull_request', `refs/pull/${number}/merge`, { number, pull_request: { number, head: from, base } })
}
export const schedule = () => event('schedule', 'refs/heads/master')
export const dispatch = () => event('workflow_dispatch', 'refs/heads/master')

/** A scope at a fixed time. */
export function scope(about: Event, changes: Partial<Scope> = {}): Scope {
  return {
    event: about,
    gitTags: [],
    now: NOW,
    created: about.commitTime,
    zone: 'UTC',
    shortSha: 7,
    levels: ['manifest'],
    ...changes,
  }
}

/** Inputs of the build action about tags, by name. */
export type Inputs = Readonly<Record<string, string>>

/** What the inputs give for an event. */
export function describeFor(inputs: Inputs, about: Scope): Metadata {
  return describeImage(
    readTagsConfig((name) => inputs[name] ?? ''),
    about,
  )
}

/** The tags that lines of the input tags give for an event. */
export function tagsFor(tags: string, about: Event | Scope, inputs: Inputs = {}): readonly string[] {
  return describeFor({ images: 'name/app', tags, ...inputs }, 'event' in about ? about : scope(about)).tagNames
}
