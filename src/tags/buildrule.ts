import { formatPlatform, parsePlatform } from '../registry/platform.ts'
import { suggest } from '../text/nearest.ts'
import { fillNames } from '../text/template.ts'
import { parseYaml, YamlError, type YamlMap, type YamlNode, type YamlText } from '../text/yaml.ts'
import { readPattern } from './pattern.ts'
import { inField, RuleError, RuleFields } from './rulefields.ts'
import { type Located, readTagSettings, type TagSetting } from './tagsetting.ts'

/** One rule of the input rules: which branch or tag it is for, and what is built then. */
export interface BuildRule {
  /** Counts from 1. */
  readonly number: number
  readonly type: 'branch' | 'tag'
  /** The ref as it was written. */
  readonly ref: Located
  /** Matches the whole name of a branch or tag. */
  readonly pattern: RegExp
  readonly context: Located | undefined
  readonly dockerfile: Located | undefined
  /** Undefined leaves it to the input. */
  readonly platforms: readonly string[] | undefined
  /** `NAME=value`, or a bare `NAME` that takes its value from the environment. */
  readonly buildArgs: readonly Located[]
  readonly noCache: boolean | undefined
  readonly target: string | undefined
  readonly tags: readonly TagSetting[]
}

const FIELDS = ['type', 'ref', 'context', 'dockerfile', 'platforms', 'build-args', 'no-cache', 'target', 'tags']

/**
 * Reads build rules.
 *
 * @param text a YAML list
 * @throws RuleError for what is wrong in it
 * @see https://www.alibabacloud.com/help/en/acr/user-guide/build-images-on-container-registry-enterprise-edition-instances
 */
export function parseBuildRules(text: string): BuildRule[] {
  const list = readYaml(text)
  if (list?.kind !== 'list' || list.items.length === 0) {
    throw new RuleError({ line: list?.line ?? 1 }, 'there is no list of rules; begin each rule with "- type: branch"')
  }
  return list.items.map((item, index) => {
    const rule = index + 1
    if (item.kind !== 'map') throw new RuleError({ rule, line: item.line }, 'is not a set of fields; begin it with "- type: branch"')
    return readRule(rule, item)
  })
}

function readYaml(text: string): YamlNode | undefined {
  try {
    return parseYaml(text)
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause
    throw new RuleError({ line: cause.line }, `is not valid YAML: ${cause.message}; quote values with special characters`, { cause })
  }
}

function readRule(number: number, map: YamlMap): BuildRule {
  const fields = new RuleFields(number, map, { known: FIELDS })
  const type = fields.text('type')?.value.toLowerCase()
  if (type !== 'branch' && type !== 'tag') throw fields.error('type', 'must be branch or tag')
  const ref = fields.text('ref')
  if (ref === undefined) throw fields.error('ref', 'is missing; write the name of a branch or tag, or a regular expression')
  const { pattern, groups } = inField(fields.place('ref', ref.line), () => readRef(ref.value))
  const template = (field: string, { value, line }: YamlText): Located => {
    inField({ rule: number, field, line }, () => fillNames(value, (name) => checkGroup(name, groups)))
    return { text: value, line }
  }
  const tags = fields.entry('tags')
  if (!tags) throw fields.error('tags', 'is missing; give at least one, as in "- tag: latest"')
  const [context, dockerfile] = [fields.text('context'), fields.text('dockerfile')]
  return {
    number,
    type,
    ref: { text: ref.value, line: ref.line },
    pattern,
    context: context && template('context', context),
    dockerfile: dockerfile && template('dockerfile', dockerfile),
    platforms: readPlatforms(fields),
    buildArgs: readBuildArgs(fields).map((pair) => template('build-args', pair)),
    noCache: fields.boolean('no-cache'),
    target: fields.text('target')?.value,
    tags: readTagSettings(number, tags.value, template),
  }
}

/**
 * A name with no character that is special in expressions is that name alone, a dot in it being a dot; anything else is an
 * expression for the whole name.
 */
function readRef(text: string): { pattern: RegExp; groups: readonly string[] } {
  if (!/[\\^$*+?()[\]{}|]/.test(text)) return { pattern: new RegExp(`^${text.replaceAll('.', '\\.')}$`), groups: [] }
  const { source, flags } = readPattern(text)
  // With nothing as an alternative it matches the empty text, and a match names all groups.
  const groups = Object.keys(new RegExp(`${source}|`, flags).exec('')?.groups ?? {})
  return { pattern: new RegExp(`^(?:${source})$`, flags), groups }
}

function checkGroup(name: string, groups: readonly string[]): string {
  if (groups.includes(name)) return ''
  if (groups.length === 0) throw new Error(`\${${name}} needs a group in the ref, as in release-(?<${name}>\\w*)`)
  throw new Error(`\${${name}} is not a group of the ref${suggest(name, groups)}`)
}

function readPlatforms(fields: RuleFields): string[] | undefined {
  const texts = fields.texts('platforms')?.flatMap(({ value, line }) => value.split(',').map((text) => ({ text: text.trim(), line })))
  const platforms = texts
    ?.filter(({ text }) => text !== '')
    .map(({ text, line }) =>
      // The service's own names leave the system out: arm/v7.
      inField(fields.place('platforms', line), () => formatPlatform(parsePlatform(text.replace(/^(?=arm(?:64)?\/)/i, 'linux/')))),
    )
  return platforms && platforms.length > 0 ? [...new Set(platforms)] : undefined
}

/** A map of names and values, or a list of `NAME=value` as in the input; values are taken as they are. */
function readBuildArgs(fields: RuleFields): YamlText[] {
  const node = fields.entry('build-args')?.value
  const pairs =
    node?.kind === 'map'
      ? node.entries.map(({ key, line, value }): YamlText => {
          if (value.kind !== 'text') throw fields.error('build-args', `the value of "${key}" must be text; quote it`, line)
          return { kind: 'text', value: `${key}=${value.value}`, line }
        })
      : (fields.texts('build-args') ?? [])
  for (const { value, line } of pairs) {
    if (/^\s*(?:=|$)/.test(value)) throw fields.error('build-args', 'an argument has no name; write it as NAME: value', line)
  }
  return pairs
}
