import { suggest } from '../text/nearest.ts'
import type { YamlNode, YamlText } from '../text/yaml.ts'
import { RuleError, RuleFields } from './rulefields.ts'

/** A text with the place it comes from; `${name}` in it stands for a group of the ref. */
export interface Located {
  readonly text: string
  /** Counts from 1. */
  readonly line: number
}

/** How one tag is put together: tag, build time and commit id, joined with `-`. */
export interface TagSetting {
  readonly line: number
  readonly tag: Located | undefined
  readonly buildTime: BuildTime | undefined
  /** How many characters of the commit id; undefined for none. */
  readonly commitId: number | undefined
}

/** The service's two forms, and that of Flow's DATETIME, in the notation of dates. */
export const BUILD_TIMES = { yyyyMMdd: 'YYYYMMDD', yyyyMMddHHmm: 'YYYYMMDDHHmm', 'yyyy-MM-dd-HH-mm-ss': 'YYYY-MM-DD-HH-mm-ss' } as const
export type BuildTime = keyof typeof BUILD_TIMES

/** Reads a template; throws for a group that is not there. */
export type TemplateReader = (field: string, text: YamlText) => Located

const DEFAULT_COMMIT_ID = 6
const LONGEST_COMMIT_ID = 40

/**
 * Reads the field tags of a rule: a list of texts, or of sets of tag, build-time and commit-id.
 *
 * @throws RuleError for what is wrong in it
 */
export function readTagSettings(rule: number, node: YamlNode, template: TemplateReader): TagSetting[] {
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length === 0)
    throw new RuleError({ rule, field: 'tags', line: node.line }, 'there is none; give at least one, as in "- tag: latest"')
  return items.map((item) => readSetting(rule, item, template))
}

function readSetting(rule: number, item: YamlNode, template: TemplateReader): TagSetting {
  const { line } = item
  if (item.kind === 'list') throw new RuleError({ rule, field: 'tags', line }, 'must be text, or a set of tag, build-time and commit-id')
  if (item.kind === 'text') {
    if (item.value === '') throw new RuleError({ rule, field: 'tags', line }, 'is empty; write a tag, as in "- latest"')
    return { line, tag: template('tags', item), buildTime: undefined, commitId: undefined }
  }
  const fields = new RuleFields(rule, item, { known: ['tag', 'build-time', 'commit-id'], prefix: 'tags.' })
  const tag = fields.text('tag')
  const setting = { line, tag: tag && template('tags.tag', tag), buildTime: readBuildTime(fields), commitId: readCommitId(fields) }
  if (setting.tag === undefined && setting.buildTime === undefined && setting.commitId === undefined) {
    throw new RuleError({ rule, field: 'tags', line }, 'is empty; give it a tag, a build-time or a commit-id')
  }
  return setting
}

function readBuildTime(fields: RuleFields): BuildTime | undefined {
  const text = fields.text('build-time')
  const known = Object.keys(BUILD_TIMES) as BuildTime[]
  const found = known.find((form) => form === text?.value)
  if (text && !found) throw fields.error('build-time', `"${text.value}" is not known${suggest(text.value, known)}`, text.line)
  return found
}

function readCommitId(fields: RuleFields): number | undefined {
  const text = fields.text('commit-id')
  if (text === undefined || text.value === 'false') return undefined
  if (text.value === 'true') return DEFAULT_COMMIT_ID
  const characters = /^\d+$/.test(text.value) ? Number(text.value) : 0
  if (characters < 1 || characters > LONGEST_COMMIT_ID) {
    throw fields.error('commit-id', `must be a number of characters from 1 to ${LONGEST_COMMIT_ID}, true or false`, text.line)
  }
  return characters
}
