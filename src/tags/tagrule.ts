import { splitFields } from '../text/csv.ts'
import { suggest } from '../text/nearest.ts'

/** One line of the input tags. @see https://github.com/docker/metadata-action#tags-input */
export type TagRule = Common & (Schedule | Version | Match | Edge | Ref | Raw | Sha)

interface Common {
  /** The rule as it was written, to name it. */
  readonly source: string
  /** `true`, `false`, or an expression that gives one of them. */
  readonly enable: string
  readonly priority: number
  /** Undefined leaves it to the flavor. */
  readonly prefix: string | undefined
  readonly suffix: string | undefined
}

interface Schedule {
  readonly type: 'schedule'
  readonly pattern: string
}

interface Version {
  readonly type: 'semver' | 'pep440'
  readonly pattern: string
  /** Read instead of the git tag; empty for the git tag. */
  readonly value: string
  /** Takes a part of the git tag, empty for all of it. */
  readonly match: string
}

interface Match {
  readonly type: 'match'
  readonly pattern: string
  readonly group: number
  readonly value: string
}

interface Edge {
  readonly type: 'edge'
  /** Empty for the default branch. */
  readonly branch: string
}

interface Ref {
  readonly type: 'ref'
  readonly event: 'branch' | 'tag' | 'pr'
}

interface Raw {
  readonly type: 'raw'
  readonly value: string
}

interface Sha {
  readonly type: 'sha'
  readonly format: 'short' | 'long'
}

/** The rules where there are images but no tags. @see https://github.com/docker/metadata-action#tags-input */
export const DEFAULT_RULES = ['type=schedule', 'type=ref,event=branch', 'type=ref,event=tag', 'type=ref,event=pr']

// https://github.com/docker/metadata-action#priority-attribute
const PRIORITIES = { schedule: 1000, semver: 900, pep440: 900, match: 800, edge: 700, ref: 600, raw: 200, sha: 100 } as const
const TYPES = Object.keys(PRIORITIES) as TagRule['type'][]
const ATTRIBUTES = ['type', 'enable', 'priority', 'prefix', 'suffix', 'pattern', 'value', 'match', 'group', 'branch', 'event', 'format']

/** Whether a line of the input tags is a rule; if not, it is a list of tags or references, none of which can hold `=`. */
export function isTagRule(line: string): boolean {
  return splitFields(line).some((field) => /^[A-Za-z]+\s*=/.test(field))
}

/**
 * Reads one rule: comma-separated `key=value` attributes, of which `value` may stand without its key.
 *
 * @throws Error that says which attribute is wrong and what to write
 */
export function parseTagRule(line: string): TagRule {
  const attributes = readAttributes(line)
  const attribute = (name: string) => attributes.get(name)
  const type = oneOf('type', attribute('type') ?? 'raw', TYPES)
  const prefix = attribute('prefix') ?? { sha: 'sha-', ref: attribute('event') === 'pr' ? 'pr-' : undefined }[type as string]
  const common = {
    source: line,
    enable: attribute('enable') ?? 'true',
    priority: readNumber('priority', attribute('priority') ?? String(PRIORITIES[type])),
    prefix,
    suffix: attribute('suffix'),
  }
  const value = attribute('value') ?? ''
  switch (type) {
    case 'schedule':
      return { ...common, type, pattern: attribute('pattern') ?? 'nightly' }
    case 'semver':
    case 'pep440':
      return { ...common, type, pattern: needed(type, 'pattern', attribute('pattern')), value, match: attribute('match') ?? '' }
    case 'match': {
      const group = readNumber('group', attribute('group') ?? '0')
      return { ...common, type, pattern: needed(type, 'pattern', attribute('pattern')), group, value }
    }
    case 'edge':
      return { ...common, type, branch: attribute('branch') ?? '' }
    case 'ref':
      return { ...common, type, event: oneOf('event', needed(type, 'event', attribute('event')), ['branch', 'tag', 'pr']) }
    case 'raw':
      return { ...common, type, value: needed(type, 'value', attribute('value')) }
    case 'sha':
      return { ...common, type, format: oneOf('format', attribute('format') ?? 'short', ['short', 'long']) }
  }
}

/** The rule that a bare tag stands for. */
export function rawRule(tag: string): TagRule {
  return { source: tag, type: 'raw', value: tag, enable: 'true', priority: PRIORITIES.raw, prefix: undefined, suffix: undefined }
}

function readAttributes(line: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  const fields = splitFields(line)
  for (const field of fields.filter((each) => each !== '')) {
    const [, key = 'value', value = field] = /^([^={}]+)=(.*)$/s.exec(field) ?? []
    const name = key.trim().toLowerCase()
    if (!ATTRIBUTES.includes(name)) throw new Error(`the attribute "${name}" is not known${suggest(name, ATTRIBUTES)}`)
    if (attributes.has(name)) throw new Error(`the attribute "${name}" is given twice; put values with commas into double quotes`)
    attributes.set(name, value.trim())
  }
  // A workflow's expression that came to nothing: a tag of nothing, which is none.
  if (fields.includes('') && !attributes.has('value')) attributes.set('value', '')
  return attributes
}

function needed(type: string, name: string, value: string | undefined): string {
  if (value === undefined) throw new Error(`type=${type} needs the attribute "${name}"`)
  return value
}

function oneOf<Value extends string>(name: string, value: string, values: readonly Value[]): Value {
  const found = values.find((each) => each === value)
  if (found === undefined) throw new Error(`the attribute "${name}" cannot be "${value}"${suggest(value, values)}`)
  return found
}

function readNumber(name: string, value: string): number {
  if (!/^\d+$/.test(value)) throw new Error(`the attribute "${name}" must be a number, not "${value}"`)
  return Number(value)
}
