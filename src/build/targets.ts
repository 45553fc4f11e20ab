import { formatReference, parseReference, type Reference, type Repository } from '../registry/reference.ts'
import { isPushed, isPushedByDigest, namesOf, type Output } from './outputs.ts'

/** Where an image ends up: what BuildKit names it, and what is copied to other registries afterwards. */
export interface Targets {
  /** The names that the build itself gives. */
  readonly built: readonly Reference[]
  /** All that is pushed, the built ones first; empty when nothing is. Without a tag where it is pushed by its digest alone. */
  readonly pushed: readonly Reference[]
  /** What is copied from the first of `pushed`, by registry. */
  readonly copies: readonly Copy[]
  /** Whether the build pushes without any tag, which all follow as copies. */
  readonly byDigest: boolean
}

export interface Copy {
  readonly host: string
  readonly references: readonly Reference[]
}

/** What a config says of targets. */
export interface TargetConfig {
  readonly references: readonly Reference[]
  readonly push: boolean
  readonly outputs: readonly Output[]
  readonly skipUnchanged: boolean
}

/**
 * Works out where the image goes. BuildKit pushes to the registry of the first reference alone: it stops at the first tag that
 * is refused, and would leave the other registries without any.
 *
 * @throws Error that names the input when an image is to be pushed that has no name
 */
export function planTargets({ references, push, outputs, skipUnchanged }: TargetConfig): Targets {
  const images = outputs.filter((output) => output.type === 'image' || output.type === 'registry')
  const byDigest = outputs.some(isPushedByDigest)
  const isAnyPushed = push || outputs.some(isPushed)
  const named =
    references.length > 0
      ? references
      : images
          .filter((output) => push || isPushed(output))
          .flatMap(namesOf)
          .map(parseName)
  const plain = { copies: [], byDigest: false }
  if (!isAnyPushed) return { built: references, pushed: [], ...plain }
  if (named.length === 0) {
    throw new Error(`input ${push ? 'push' : 'outputs'}: there is nothing to push to; set tags to full references, or images and tags`)
  }
  if (byDigest) {
    const untagged = unique(named)
    return { built: references.length > 0 ? untagged : [], pushed: untagged, ...plain }
  }
  // Outputs that the user wrote are carried out as they are.
  if (images.length > 0 || references.length === 0) return { built: references, pushed: named, ...plain }
  const hosts = [...new Set(references.map(({ host }) => host))]
  const of = (host: string) => references.filter((reference) => reference.host === host)
  const [first = '', ...others] = hosts
  const copy = (host: string) => ({ host, references: of(host) })
  const pushed = [...of(first), ...others.flatMap(of)]
  if (skipUnchanged) return { built: unique(of(first).slice(0, 1)), pushed, copies: hosts.map(copy), byDigest: true }
  return { built: of(first), pushed, copies: others.map(copy), byDigest: false }
}

function parseName(name: string): Reference {
  const reference = parseReference(name.trim())
  return { ...reference, tag: reference.tag ?? 'latest' }
}

/** Each repository once, without a tag. */
function unique(repositories: readonly Repository[]): Repository[] {
  return [...new Map(repositories.map(({ host, path }) => [formatReference({ host, path }), { host, path }])).values()]
}
