import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Event } from '../runner/event.ts'
import { type InputReader, named, readBoolean } from '../runner/input.ts'
import type { BuildRule } from '../tags/buildrule.ts'
import { readTagsConfig } from '../tags/inputs.ts'
import { describeImage, type Metadata, nameImage, type TagsConfig } from '../tags/metadata.ts'
import { readRulesConfig } from '../tags/ruleinputs.ts'
import type { Scope } from '../tags/scope.ts'
import { type SelectedBuild, selectBuilds } from '../tags/selection.ts'
import { resolveContext, type Source } from './context.ts'
import { isRemote } from './facts.ts'
import { type BuildConfig, readInputs } from './inputs.ts'

/** What one step is to do. */
export interface Step {
  readonly event: Event
  /** Empty when no build rule matches. */
  readonly builds: readonly StepBuild[]
  /** Whether only to show it. */
  readonly dryRun: boolean
  /** Why there is nothing to build, where no rule matches. */
  readonly skipped: string
}

export interface StepBuild {
  /** The build rule it comes from; undefined where there are no rules. */
  readonly rule: { readonly number: number; readonly title: string } | undefined
  readonly image: Metadata
  readonly config: BuildConfig
}

/** What the inputs are read with. */
export interface StepSetting {
  readonly scope: Scope
  /** The text of the input rules-file; undefined for none. */
  readonly rulesFile: string | undefined
  readonly source: Source
}

/**
 * Reads and checks all inputs of the build action.
 *
 * @throws Error that names the input, says what is wrong and what to write
 */
export function readStep(input: InputReader, { scope, rulesFile, source }: StepSetting): Step {
  const tags = readTagsConfig(input)
  const rules = readRulesConfig(input, rulesFile)
  const step = { event: scope.event, dryRun: readBoolean(input, 'dry-run', false), skipped: '' }
  const build = (own: InputReader, image: Metadata, variant?: string) => {
    const unnamed = explainUnnamed(tags, scope.event)
    return { image, config: readInputs(own, { ...image, images: tags.images, unnamed, variant }, source) }
  }
  if (!rules) return { ...step, builds: [{ rule: undefined, ...build(input, describeImage(tags, scope)) }] }
  const selected = named(rulesFile === undefined ? 'rules' : 'rules-file', () => selectBuilds(rules.rules, scope, rules))
  const builds = selected.map((choice) => ({
    rule: { number: choice.rule, title: choice.title },
    ...build(withRule(input, choice, source), nameImage(choice.tags, tags, scope), variantOf(choice.rule, rules.rules)),
  }))
  return { ...step, builds, skipped: explainSkip(rules.rules.length, scope.event) }
}

/**
 * Rules that build something else would overwrite each other's cache. The first kind of build has the cache as it is named; the
 * others add a hash of what they build, which stays the same whichever rules match.
 */
function variantOf(rule: number, rules: readonly BuildRule[]): string {
  const kinds = rules.map(({ context, dockerfile, target }) => JSON.stringify([context?.text, dockerfile?.text, target]))
  const kind = kinds[rule - 1] ?? ''
  return kind === kinds[0] ? '' : createHash('sha256').update(kind).digest('hex').slice(0, 8)
}

function explainSkip(count: number, event: Event): string {
  const hint = event.pullRequest ? '; a pull request counts for its branch with pull-requests: true' : ''
  return `input rules: none of the ${count} rules is for ${nameEvent(event)}, so there is nothing to build${hint}`
}

function explainUnnamed({ described, images }: TagsConfig, event: Event): string | undefined {
  if (!described) return undefined
  if (images.length === 0) return 'input images: none is enabled, so there is nothing to push to; set push to false for such events'
  return `input tags: no rule gives a tag for ${nameEvent(event)}, so there is nothing to push to; add one, such as type=sha, or set push to false for such events`
}

/** The event for people, as far as it decides of tags. */
function nameEvent({ pullRequest, branch, tag, ref }: Event): string {
  if (pullRequest) return `pull request ${pullRequest.number}`
  if (tag !== undefined) return `the tag ${tag}`
  return branch === undefined ? ref || 'this event, which has no ref' : `the branch ${branch}`
}

/** The folder of a rule, which counts from the repository's root, wherever the repository is. */
function ofRepository(folder: string, { checkout, git }: Source): string {
  if (checkout || !git || isRemote(folder)) return folder
  return folder === '.' ? '{{defaultContext}}' : `{{defaultContext}}:${folder}`
}

/** The inputs, with those replaced of which a build rule says something; its build arguments are added. */
function withRule(
  input: InputReader,
  { dockerfile, platforms, buildArgs, noCache, target, ...rule }: SelectedBuild,
  source: Source,
): InputReader {
  const context = rule.context === undefined ? undefined : ofRepository(rule.context, source)
  const folder = named('context', () => resolveContext(context ?? input('context'), source))
  // As in Compose, the Dockerfile's name counts from the context.
  const file = dockerfile === undefined || isRemote(folder) ? dockerfile : join(folder, dockerfile)
  const changes: Readonly<Record<string, string | undefined>> = {
    context,
    file: file ?? (context === undefined ? undefined : ''),
    platforms: platforms?.join(','),
    'no-cache': noCache === undefined ? undefined : String(noCache),
    target,
    'build-args': [input('build-args'), ...buildArgs.map((pair) => `"${pair.replaceAll('"', '""')}"`)].join('\n'),
  }
  return (name) => changes[name] ?? input(name)
}
