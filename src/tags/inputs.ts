import { type InputReader, named } from '../runner/input.ts'
import { splitFields } from '../text/csv.ts'
import { type Entry, splitEntries } from '../text/list.ts'
import { parseFlavor } from './flavor.ts'
import { parseImages } from './images.ts'
import type { TagsConfig } from './metadata.ts'
import { expandReferences } from './references.ts'
import { DEFAULT_RULES, isTagRule, parseTagRule, rawRule, type TagRule } from './tagrule.ts'

/**
 * Reads the inputs images, tags, flavor, labels and annotations. In each, a line that begins with `#` is a comment.
 *
 * @throws Error that names the input, shows the line and says what is wrong
 */
export function readTagsConfig(input: InputReader): TagsConfig {
  const described = lines(input, 'images')
  const images = named('images', () => parseImages(described))
  const given = lines(input, 'tags')
  const tags = given.length === 0 && described.length > 0 ? DEFAULT_RULES : given
  return {
    images,
    described: described.length > 0,
    ...readTags(tags, described.length > 0),
    flavor: named('flavor', () => parseFlavor(lines(input, 'flavor'))),
    labels: entries(input, 'labels').map(({ text, line }) => {
      if (/^\s*(?:=|$)/.test(text)) throw new Error(`input labels, line ${line}: the entry has no name; write it as name=value`)
      return text
    }),
    annotations: entries(input, 'annotations').map(({ text, line }) => {
      if (text.indexOf('=') <= 0) throw new Error(`input annotations, line ${line}: the entry has no "="; write it as key=value`)
      return text
    }),
  }
}

/** A line is a rule, or a list of tags for the images and of full references; without images all are references. */
function readTags(tags: readonly string[], hasImages: boolean): Pick<TagsConfig, 'rules' | 'references'> {
  const rules: TagRule[] = []
  const references: string[] = []
  for (const line of tags) {
    named('tags', () => {
      if (isTagRule(line)) {
        if (!hasImages) throw new Error(`"${line}" is a rule for the tags of images; name them in the input images`)
        rules.push(inRule(line, () => parseTagRule(line)))
        return
      }
      for (const tag of splitFields(line).filter((field) => field !== '')) {
        if (hasImages && isBareTag(tag)) rules.push(rawRule(tag))
        else references.push(tag)
      }
    })
  }
  return { rules, references: named('tags', () => expandReferences(references)) }
}

/** A reference has a `/`, a `:` or an `@`, and no expression. */
function isBareTag(text: string): boolean {
  return text.includes('{{') || !/[/:@]/.test(text)
}

function inRule<Value>(line: string, work: () => Value): Value {
  try {
    return work()
  } catch (cause) {
    throw new Error(`rule "${line}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

function lines(input: InputReader, name: string): string[] {
  return entries(input, name).map(({ text }) => text)
}

function entries(input: InputReader, name: string): Entry[] {
  return named(name, () => splitEntries(input(name), { commas: false })).filter(({ text }) => !text.startsWith('#'))
}
