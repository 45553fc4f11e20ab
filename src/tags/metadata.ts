import { formatReference, type Reference, type Repository } from '../registry/reference.ts'
import type { Flavor } from './flavor.ts'
import { addLabels, annotationLines, labelLines, standardLabels } from './labels.ts'
import type { Scope } from './scope.ts'
import { workOutTags } from './tagnames.ts'
import type { TagRule } from './tagrule.ts'

/** What the inputs say of tags, labels and annotations. */
export interface TagsConfig {
  /** The target repositories. */
  readonly images: readonly Repository[]
  /** Whether the input images has an entry, even if none is enabled: then the image is described by labels and annotations. */
  readonly described: boolean
  readonly rules: readonly TagRule[]
  /** Full references, which count for themselves. */
  readonly references: readonly Reference[]
  readonly flavor: Flavor
  /** Lines of `key=value`. */
  readonly labels: readonly string[]
  readonly annotations: readonly string[]
}

/** How an image is called and what it says of itself. */
export interface Metadata {
  /** The first tag; empty for none. */
  readonly version: string
  readonly tagNames: readonly string[]
  readonly references: readonly Reference[]
  /** Lines of `key=value`, sorted. */
  readonly labels: readonly string[]
  /** As buildx takes them. */
  readonly annotations: readonly string[]
  /** What was decided, for the log. */
  readonly notes: readonly string[]
}

/**
 * Works out tags, labels and annotations of an image for an event.
 *
 * @throws Error that shows the rule and says what is wrong
 */
export function describeImage(config: TagsConfig, scope: Scope): Metadata {
  const { names, notes } = workOutTags(config.rules, config.flavor, scope)
  return nameImage(names, config, scope, notes)
}

/** As {@link describeImage}, with tags that have been worked out otherwise. */
export function nameImage(names: readonly string[], config: TagsConfig, scope: Scope, notes: readonly string[] = []): Metadata {
  const built = config.images.flatMap((image) => names.map((tag): Reference => ({ ...image, tag })))
  const references = [...new Map([...built, ...config.references].map((each) => [formatReference(each), each])).values()]
  const tagNames = [...new Set([...names, ...config.references.flatMap(({ tag }) => tag ?? [])])]
  const own = { version: tagNames[0] ?? '', tagNames, references, notes }
  // Without images there is nothing to describe: what is given is for buildx as it is.
  if (!config.described) return { ...own, labels: config.labels, annotations: config.annotations }
  const known = standardLabels(tagNames[0], scope)
  const labels = labelLines(addLabels(known, config.labels, scope))
  return { ...own, labels, annotations: annotationLines(known, config.annotations, scope) }
}

/** The output `json`, in the form of metadata-action. @see https://github.com/docker/metadata-action#json-output-object */
export function toJson({ references, tagNames, labels, annotations }: Metadata): string {
  return JSON.stringify({
    tags: references.map(formatReference),
    'tag-names': tagNames,
    labels: Object.fromEntries(labels.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
    annotations,
  })
}
