import { type InputReader, named, readBoolean } from '../runner/input.ts'
import { checkZone } from '../text/zone.ts'
import { type BuildRule, parseBuildRules } from './buildrule.ts'
import { RULES_ZONE, type SelectionOptions } from './selection.ts'

/** The build rules and how they are applied. */
export interface RulesConfig extends SelectionOptions {
  readonly rules: readonly BuildRule[]
}

/** For dates in expressions that name no zone. @see https://github.com/docker/metadata-action#date-format-tztimezone */
const EXPRESSIONS_ZONE = 'UTC'

/** Inputs that the rules of the same step take the place of. */
const REPLACED = ['tags', 'flavor']

/**
 * Reads the inputs rules, pull-requests and timezone.
 *
 * @param file the text of the input rules-file; undefined for none
 * @returns undefined where there are no rules
 * @throws Error that names the input, and of a rule its number, field and line
 */
export function readRulesConfig(input: InputReader, file: string | undefined): RulesConfig | undefined {
  const text = input('rules')
  const pullRequests = readBoolean(input, 'pull-requests', false)
  if (text.trim() !== '' && file !== undefined) throw new Error('input rules-file: cannot be used together with rules; keep one of them')
  if (text.trim() === '' && file === undefined) {
    if (pullRequests) throw new Error('input pull-requests: is only used with rules; set rules or rules-file')
    return undefined
  }
  for (const name of REPLACED) {
    if (input(name).trim() !== '') throw new Error(`input ${name}: cannot be used together with rules, which name their own tags`)
  }
  if (input('images').trim() === '') throw new Error('input images: is empty, but the tags of rules are for images; name at least one')
  const name = file === undefined ? 'rules' : 'rules-file'
  return { rules: named(name, () => parseBuildRules(file ?? text)), pullRequests, zone: readZone(input) ?? RULES_ZONE }
}

/** The time zone for dates in expressions. @throws Error that names the input */
export function readExpressionZone(input: InputReader): string {
  return readZone(input) ?? EXPRESSIONS_ZONE
}

function readZone(input: InputReader): string | undefined {
  const zone = input('timezone').trim()
  if (zone === '') return undefined
  named('timezone', () => checkZone(zone))
  return zone
}
