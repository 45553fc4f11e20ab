import type { Event } from '../runner/event.ts'
import { formatDate } from '../text/date.ts'
import { fillNames } from '../text/template.ts'
import type { BuildRule } from './buildrule.ts'
import { matchEach } from './pattern.ts'
import { inField, RuleError } from './rulefields.ts'
import type { Scope } from './scope.ts'
import { toTagName } from './tagname.ts'
import { BUILD_TIMES, type Located, type TagSetting } from './tagsetting.ts'

/** What one rule says is to be built for an event; undefined leaves it to the inputs. */
export interface SelectedBuild {
  /** The rule's number, counted from 1. */
  readonly rule: number
  /** The rule for people: `branch release-(?<imageTag>\w*)`. */
  readonly title: string
  readonly tags: readonly string[]
  /** Counts from the workspace. */
  readonly context: string | undefined
  /** Counts from the context. */
  readonly dockerfile: string | undefined
  readonly platforms: readonly string[] | undefined
  readonly buildArgs: readonly string[]
  readonly noCache: boolean | undefined
  readonly target: string | undefined
}

/** How rules are applied. */
export interface SelectionOptions {
  /** Whether a pull request counts for the branch it comes from. */
  readonly pullRequests: boolean
  /** The time zone of build times. */
  readonly zone: string
}

/** The registry service's own. */
export const RULES_ZONE = 'UTC+8'

/**
 * The builds of all rules that match an event, in the order of the rules.
 *
 * @throws RuleError that names rule, field and line
 */
export function selectBuilds(rules: readonly BuildRule[], scope: Scope, options: SelectionOptions): SelectedBuild[] {
  return rules.flatMap((rule) => {
    const name = refName(rule, scope.event, options)
    if (name === undefined) return []
    const [found] = inField({ rule: rule.number, field: 'ref', line: rule.ref.line }, () => matchEach(rule.pattern, [name]))
    return found ? [buildOf(rule, found.groups ?? {}, scope, options)] : []
  })
}

function refName({ type }: BuildRule, event: Event, { pullRequests }: SelectionOptions): string | undefined {
  if (type === 'tag') return event.tag
  if (event.pullRequest) return pullRequests ? event.pullRequest.headBranch : undefined
  return event.branch
}

type Groups = Readonly<Record<string, string | undefined>>

function buildOf(rule: BuildRule, groups: Groups, scope: Scope, { zone }: SelectionOptions): SelectedBuild {
  const { number, type, ref, platforms, noCache, target } = rule
  const fill = ({ text }: Located) => fillNames(text, (name) => groups[name] ?? '')
  const path = (field: string, template: Located | undefined) => template && fillPath(number, field, template, groups)
  return {
    rule: number,
    title: `${type} ${ref.text}`,
    tags: [...new Set(rule.tags.map((setting) => tagOf(setting, { number, fill, zone }, scope)))],
    context: fromRoot(path('context', rule.context)),
    dockerfile: fromRoot(path('dockerfile', rule.dockerfile)),
    platforms,
    buildArgs: rule.buildArgs.map(fill),
    noCache,
    target,
  }
}

/** The service's paths begin with the root of the repository, which is the workspace here. */
function fromRoot(path: string | undefined): string | undefined {
  return path?.replace(/^\/+/, '') === '' ? '.' : path?.replace(/^\/+/, '')
}

/** Who may name a branch may not choose any folder with it. */
function fillPath(rule: number, field: string, template: Located, groups: Groups): string {
  return inField({ rule, field, line: template.line }, () =>
    fillNames(template.text, (name) => {
      const value = groups[name] ?? ''
      if (value.startsWith('/') || value.split('/').includes('..'))
        throw new Error(`\${${name}} is "${value}", which leads out of the folder`)
      return value
    }),
  )
}

interface TagContext {
  readonly number: number
  readonly fill: (template: Located) => string
  readonly zone: string
}

function tagOf({ line, tag, buildTime, commitId }: TagSetting, { number: rule, fill, zone }: TagContext, scope: Scope): string {
  const { event, now } = scope
  const place = { rule, field: 'tags', line }
  const text = tag && fill(tag)
  if (text === '')
    throw new RuleError(
      { ...place, line: tag?.line ?? line },
      `"${tag?.text}" comes to nothing for ${event.ref}; let the ref match no empty group`,
    )
  // A pull request's own commit, not that of a merge that nobody has made.
  const sha = event.pullRequest?.headSha ?? event.sha
  if (commitId !== undefined && sha === '')
    throw new RuleError(place, 'needs a commit id, but no commit is known; check the repository out before this step')
  const time = event.pushTime ?? event.commitTime ?? now
  const parts = [
    text,
    buildTime && formatDate(time, BUILD_TIMES[buildTime], zone),
    commitId === undefined ? undefined : sha.slice(0, commitId),
  ]
  return inField(place, () => toTagName(parts.filter((part) => part !== undefined).join('-')))
}
