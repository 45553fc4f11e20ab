import { fillExpressions, shortSha } from './expression.ts'
import type { Flavor } from './flavor.ts'
import { match, matchEach, readPattern } from './pattern.ts'
import type { Scope } from './scope.ts'
import { toTagName } from './tagname.ts'
import type { TagRule } from './tagrule.ts'
import { newerRelease, readPep440, readSemver, type Scheme } from './version.ts'

/** What the rules give for an event. */
export interface TagNames {
  /** The first tag; undefined where no rule applies. */
  readonly version: string | undefined
  /** All tags, the version first, each once. */
  readonly names: readonly string[]
  /** What was decided, for the log. */
  readonly notes: readonly string[]
}

/** What one rule gives, before prefix and suffix. */
interface Candidate {
  readonly text: string
  /** Whether it is a release, which `latest=auto` follows. */
  readonly latest: boolean
}

type Note = (line: string) => void

/**
 * Works out the tags.
 *
 * Rules with a higher priority come first, equal ones in their order. The first rule that gives a tag decides of `latest`, if
 * the flavor leaves it open.
 *
 * @throws Error that shows the rule and says what is wrong
 * @see https://github.com/docker/metadata-action#tags-input
 */
export function workOutTags(rules: readonly TagRule[], flavor: Flavor, scope: Scope): TagNames {
  const notes: string[] = []
  const names: string[] = []
  let latest: boolean | undefined
  for (const rule of rules.toSorted((a, b) => b.priority - a.priority)) {
    const found = inRule(rule, () => applyRule(rule, flavor, scope, (line) => notes.push(`${rule.source}: ${line}`)))
    if (!found) continue
    names.push(found.text)
    latest ??= flavor.latest === 'auto' ? found.latest : flavor.latest === 'true'
  }
  if (latest) names.push(latestName(flavor, scope))
  return { version: names[0], names: [...new Set(names)], notes }
}

/** One rule with prefix and suffix, as a registry takes it; undefined where it does not apply or comes to nothing. */
function applyRule(rule: TagRule, flavor: Flavor, scope: Scope, note: Note): Candidate | undefined {
  if (!isEnabled(rule, scope)) return undefined
  const candidate = candidateOf(rule, scope, note)
  if (!candidate) return undefined
  const prefix = fillExpressions(rule.prefix ?? flavor.prefix, scope)
  const suffix = fillExpressions(rule.suffix ?? flavor.suffix, scope)
  const text = `${prefix}${candidate.text}${suffix}`
  return text === '' ? undefined : { ...candidate, text: toTagName(text) }
}

function isEnabled({ enable }: TagRule, scope: Scope): boolean {
  const value = fillExpressions(enable, scope)
  if (value !== 'true' && value !== 'false') throw new Error(`enable must be true or false, not "${value}"`)
  return value === 'true'
}

function candidateOf(rule: TagRule, scope: Scope, note: Note): Candidate | undefined {
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

function latestName({ prefix, prefixOnLatest, suffix, suffixOnLatest }: Flavor, scope: Scope): string {
  const name = `${prefixOnLatest ? prefix : ''}latest${suffixOnLatest ? suffix : ''}`
  return inPlace('flavor', () => toTagName(fillExpressions(name, scope)))
}

function inRule<Value>({ source }: TagRule, work: () => Value): Value {
  return inPlace(`tags, rule "${source}"`, work)
}

function inAttribute<Value>(name: string, work: () => Value): Value {
  try {
    return work()
  } catch (cause) {
    throw new Error(`the attribute "${name}" ${message(cause)}`, { cause })
  }
}

function inPlace<Value>(place: string, work: () => Value): Value {
  try {
    return work()
  } catch (cause) {
    throw new Error(`input ${place}: ${message(cause)}`, { cause })
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
