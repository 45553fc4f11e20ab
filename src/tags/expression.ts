import type { Event } from '../runner/event.ts'
import { formatDate } from '../text/date.ts'
import { suggest } from '../text/nearest.ts'
import { type Expression, parseTemplate } from '../text/template.ts'
import type { Scope } from './scope.ts'

/** Values for expressions besides the global ones, by name. */
export type Values = Readonly<Record<string, string>>

type Global = (scope: Scope, expression: Expression) => string

// https://github.com/docker/metadata-action#global-expressions
const GLOBALS: Readonly<Record<string, Global>> = {
  branch: ({ event }) => event.branch ?? '',
  tag: ({ event }) => event.tag ?? '',
  sha: (scope) => shortSha(scope),
  base_ref: ({ event }) => event.baseRef,
  is_default_branch: ({ event }) => String(isDefaultBranch(event)),
  is_not_default_branch: ({ event }) => String(!isDefaultBranch(event)),
  date: (scope, expression) => date(scope.now, scope, expression),
  commit_date: (scope, expression) => date(scope.event.commitTime ?? scope.now, scope, expression),
}

/**
 * Replaces the expressions in a text.
 *
 * @param values further names, such as `version` in a pattern
 * @throws Error for an expression that is not known or not complete
 */
export function fillExpressions(text: string, scope: Scope, values: Values = {}): string {
  const parts = parseTemplate(text, (source) => {
    throw new Error(`${source} is not an expression; write it as {{branch}}, or with quotes around a format, as in {{date 'YYYYMMDD'}}`)
  })
  return parts.map((part) => (typeof part === 'string' ? part : evaluate(part, scope, values))).join('')
}

/** As {@link fillExpressions}, but what is no known expression stays as it is: labels can hold other people's templates. */
export function fillKnownExpressions(text: string, scope: Scope): string {
  const parts = parseTemplate(text, (source) => source)
  return parts
    .map((part) => (typeof part === 'string' ? part : Object.hasOwn(GLOBALS, part.name) ? evaluate(part, scope, {}) : part.source))
    .join('')
}

/** The first characters of the commit id. */
export function shortSha({ event, shortSha: length }: Scope): string {
  return event.sha.slice(0, length)
}

function evaluate(expression: Expression, scope: Scope, values: Values): string {
  const { name, source } = expression
  if (Object.hasOwn(values, name)) return values[name] ?? ''
  if (!Object.hasOwn(GLOBALS, name))
    throw new Error(`${source} is not known here${suggest(name, [...Object.keys(values), ...Object.keys(GLOBALS)])}`)
  return GLOBALS[name]?.(scope, expression) ?? ''
}

function date(moment: Date, scope: Scope, { argument, named, source }: Expression): string {
  if (argument === undefined) throw new Error(`${source} needs a format, as in {{date 'YYYYMMDD'}}`)
  const unknown = [...named.keys()].find((name) => name !== 'tz')
  if (unknown !== undefined) throw new Error(`${source}: "${unknown}" is not known; write the time zone as tz='Asia/Shanghai'`)
  return formatDate(moment, argument, named.get('tz') ?? scope.zone)
}

/** Where no default branch is known, some events tell: they always run on it. */
function isDefaultBranch({ branch, defaultBranch, name }: Event): boolean {
  // https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
  if (defaultBranch === undefined) return branch !== undefined && /^(?:discussion|issues|schedule)/.test(name)
  return branch === defaultBranch
}
