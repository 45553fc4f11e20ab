import { type Candidate, candidateOf, type Note } from './candidate.ts'
import { fillExpressions } from './expression.ts'
import type { Flavor } from './flavor.ts'
import type { Scope } from './scope.ts'
import { toTagName } from './tagname.ts'
import type { TagRule } from './tagrule.ts'

/** What the rules give for an event. */
export interface TagNames {
  /** The first tag; undefined where no rule applies. */
  readonly version: string | undefined
  /** All tags, the version first, each once. */
  readonly names: readonly string[]
  /** What was decided, for the log. */
  readonly notes: readonly string[]
}

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

function latestName({ prefix, prefixOnLatest, suffix, suffixOnLatest }: Flavor, scope: Scope): string {
  const name = `${prefixOnLatest ? prefix : ''}latest${suffixOnLatest ? suffix : ''}`
  return inPlace('flavor', () => toTagName(fillExpressions(name, scope)))
}

function inRule<Value>({ source }: TagRule, work: () => Value): Value {
  return inPlace(`tags, rule "${source}"`, work)
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
