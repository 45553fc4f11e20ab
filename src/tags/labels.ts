import { fillKnownExpressions } from './expression.ts'
import type { Scope } from './scope.ts'

/** What an image says of itself: `key` → value. */
export type Labels = ReadonlyMap<string, string>

/**
 * What is known of an image without being told, under the names of the OCI; what is not known is left out.
 *
 * @param version the first tag
 * @see https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys
 */
export function standardLabels(version: string | undefined, { event, created }: Scope): Labels {
  const { name, description, url, license } = event.repository
  const values = {
    created: created?.toISOString(),
    description,
    licenses: license,
    revision: event.sha,
    source: url,
    title: name,
    url,
    version,
  }
  return new Map(Object.entries(values).flatMap(([key, value]) => (value ? [[`org.opencontainers.image.${key}`, value]] : [])))
}

/** Adds lines of `key=value`, in which expressions count, to labels; a line wins over a label of the same key. */
export function addLabels(labels: Labels, lines: readonly string[], scope: Scope): Labels {
  return sorted([...labels, ...readPairs(lines, scope)])
}

/**
 * Annotations as buildx takes them, with the level in front: `manifest:key=value`.
 *
 * @param labels each is annotated at each level of the scope, unless a line gives that key at that level
 * @param lines `key=value` for all these levels, or with a level of their own in front
 * @see https://docs.docker.com/build/metadata/annotations/#specify-annotation-level
 */
export function annotationLines(labels: Labels, lines: readonly string[], scope: Scope): string[] {
  const everywhere = (pairs: Iterable<readonly [string, string]>) =>
    scope.levels.flatMap((level) => [...pairs].map(([key, value]): [string, string] => [`${level}:${key}`, value]))
  const own = readPairs(lines, scope).flatMap(([key, value]) => (hasLevel(key) ? [[key, value] as const] : everywhere([[key, value]])))
  return labelLines(sorted([...everywhere(labels), ...own]))
}

/** The labels as lines of `key=value`. */
export function labelLines(labels: Labels): string[] {
  return [...labels].map(([key, value]) => `${key}=${value}`)
}

function readPairs(lines: readonly string[], scope: Scope): [string, string][] {
  return lines.map((line) => {
    const [key = '', ...value] = fillKnownExpressions(line, scope).split('=')
    return [key, value.join('=')]
  })
}

/** `manifest:`, `index,manifest-descriptor:`, `manifest[linux/amd64]:` before the key. */
function hasLevel(key: string): boolean {
  return /^(?:manifest|index)(?:-descriptor)?(?:\[[^\]]*\])?(?:,(?:manifest|index)(?:-descriptor)?(?:\[[^\]]*\])?)*:/.test(key)
}

function sorted(pairs: readonly (readonly [string, string])[]): Labels {
  return new Map([...new Map(pairs)].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
