import { createHash } from 'node:crypto'
import { formatRepository, type Reference, type Repository } from '../registry/reference.ts'

/** What a build is of: the caches of different builds are kept apart by it. */
export interface CacheSubject {
  readonly images: readonly Repository[]
  readonly references: readonly Reference[]
  readonly target: string
  readonly platforms: readonly string[]
  /** Tells builds of one step apart that have all else in common; absent or empty where there is only one. */
  readonly variant?: string | undefined
}

const LONGEST_TAG = 128

/**
 * A name that builds of the same image, target and platforms have in common, and others have not: for places that hold the
 * caches of many builds.
 */
export function scopeName({ images, references, target, platforms, variant = '' }: CacheSubject): string {
  const first = images[0] ?? references[0]
  const parts = [first ? formatRepository(first) : 'build', target, variant, ...[...platforms].sort()].filter((part) => part !== '')
  return `${slug(parts.join('-')).slice(0, 60)}-${shortHash(parts.join('\n'))}`
}

/** A tag with the name of a variant in it, if there is one. */
export function variantTag(tag: string, variant: string | undefined): string {
  return variant ? branchTag(tag, variant) : tag
}

/**
 * A tag with the name of a branch in it, as registries take it.
 *
 * @returns at most 128 characters; one that had to be cut ends in a short hash of the whole
 */
export function branchTag(tag: string, branch: string): string {
  const whole = `${tag}-${slug(branch) || shortHash(branch)}`
  return whole.length <= LONGEST_TAG ? whole : `${whole.slice(0, LONGEST_TAG - 9)}-${shortHash(whole)}`
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
