import { fillExpressions, shortSha } from './expression.ts'
import { match, matchEach, readPattern } from './pattern.ts'
import type { Scope } from './scope.ts'
import type { TagRule } from './tagrule.ts'
import { newerRelease, readPep440, readSemver, type Scheme } from './version.ts'

/** What one rule gives, before prefix and suffix. */
export interface Candidate {
  readonly text: string
  /** Whether it is a release, which `latest=auto` follows. */
  readonly latest: boolean
}

/** Takes a line for the log. */
export type Note = (line: string) => void

/**
 * What a rule gives for an event; undefined where it does not apply.
 *
 * @throws Error that says what is wrong in the rule
 * @see https://github.com/docker/metadata-action#tags-input
 */
export function candidateOf(rule: TagRule, scope: Scope, note: Note): Candidate | undefined {
  const { event } = scope
  const plain = (text: string | undefined): Candidate | undefined => (text === undefined ? undefined : { text, latest: false })
  switch (rule.type) {
    case 'schedule':
      return event.name === 'schedule' ? plain(fillExpressions(rule.pattern, scope)) : undefined
    case 'semver':
    case 'pep440':
      return versionOf(rule, scope, note)
    case 'match':
      return matchOf(rule, scope, note)
    case 'edge':
      return event.branch !== undefined && event.branch === (rule.branch || event.defaultBranch) ? plain('edge') : undefined
    case 'ref':
      if (rule.event === 'branch') return plain(event.branch)
      if (rule.event === 'pr') return plain(event.pullRequest?.number)
      return event.tag === undefined ? undefined : { text: event.tag, latest: isNewest(event.tag, scope.gitTags, 'any', note) }
    case 'raw':
      return plain(fillExpressions(rule.value, scope))
    case 'sha':
      return event.sha === '' ? undefined : plain(rule.format === 'long' ? event.sha : shortSha(scope))
  }
}

function versionOf(rule: Extract<TagRule, { match: string }>, scope: Scope, note: Note): Candidate | undefined {
  const { event, gitTags } = scope
  const source = rule.value === '' ? event.tag : fillExpressions(rule.value, scope)
  if (source === undefined) return undefined
  const pattern = rule.match === '' ? undefined : inAttribute('match', () => readPattern(rule.match))
  const part = (texts: readonly string[]) =>
    pattern ? inAttribute('match', () => matchEach(pattern, texts)).map((found) => found?.[1] ?? found?.[0]) : texts
  const [text] = part([source])
  if (text === undefined) note(`${rule.match} does not match ${source}`)
  const read = rule.type === 'semver' ? readSemver : readPep440
  const version = read((text ?? source).replaceAll('/', '-'))
  if (!version) {
    note(`${text ?? source} is not a version; see ${rule.type === 'semver' ? 'https://semver.org/' : 'https://peps.python.org/pep-0440/'}`)
    return undefined
  }
  // These change often and break things: they must not move the tag that others follow.
  if (!version.final)
    return { text: /^\{\{\s*raw\s*\}\}$/.test(rule.pattern) ? (version.fields.raw ?? '') : version.version, latest: false }
  const releases = rule.value === '' ? part(gitTags).filter((tag) => tag !== undefined) : []
  return {
    text: fillExpressions(rule.pattern, scope, version.fields),
    latest: isNewest(version.fields.raw ?? '', releases, rule.type, note),
  }
}

function matchOf({ pattern: text, group, value }: Extract<TagRule, { group: number }>, scope: Scope, note: Note): Candidate | undefined {
  const source = value === '' ? scope.event.tag : fillExpressions(value, scope)
  if (source === undefined) return undefined
  return inAttribute('pattern', () => {
    const pattern = readPattern(text)
    const found = match(pattern, source)
    if (!found) note(`${text} does not match ${source}`)
    else if (found[group] === undefined) note(`${text} has no group ${group} in ${source}`)
    const part = found?.[group]
    if (part === undefined) return undefined
    const others = value === '' ? matchEach(pattern, scope.gitTags).flatMap((other) => other?.[group] ?? []) : []
    return { text: part, latest: isNewest(part, others, 'any', note) }
  })
}

/** Whether no release in git is newer, so that a backport does not move `latest` back. */
function isNewest(version: string, releases: readonly string[], scheme: Scheme, note: Note): boolean {
  const newer = newerRelease(version, releases, scheme)
  if (newer !== undefined)
    note(`latest stays where it is, since ${newer} is newer than ${version}; flavor latest=true moves it all the same`)
  return newer === undefined
}

function inAttribute<Value>(name: string, work: () => Value): Value {
  try {
    return work()
  } catch (cause) {
    throw new Error(`the attribute "${name}" ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
