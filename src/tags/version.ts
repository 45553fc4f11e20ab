import pep440 from '@renovatebot/pep440'
import semverCompare from 'semver/functions/compare.js'
import semverParse from 'semver/functions/parse.js'
import semverValid from 'semver/functions/valid.js'

/** A version, as far as rules ask for it. */
export interface Version {
  /** Neither a pre-release nor, with PEP 440, a post- or development release. */
  readonly final: boolean
  /** What stands for a version that is not final, whatever the pattern says. */
  readonly version: string
  /** What a pattern can name. */
  readonly fields: Readonly<Record<string, string>>
}

/** Reads a semantic version, with or without a leading `v`; undefined for anything else. @see https://semver.org/ */
export function readSemver(text: string): Version | undefined {
  const parsed = semverValid(text) === null ? null : semverParse(text)
  if (!parsed) return undefined
  const { version, major, minor, patch, prerelease, build } = parsed
  const numbers = { major: String(major), minor: String(minor), patch: String(patch) }
  const fields = { raw: text, version, ...numbers, prerelease: prerelease.join('.'), build: build.join('.') }
  return { final: prerelease.length === 0, version, fields }
}

/** Reads a Python version; undefined for anything else. @see https://peps.python.org/pep-0440/ */
export function readPep440(text: string): Version | undefined {
  const explained = pep440.explain(text)
  const version = pep440.clean(text)
  if (!explained || version === null) return undefined
  const [major = 0, minor = 0, patch = 0] = explained.release
  const fields = { raw: text, version, major: String(major), minor: String(minor), patch: String(patch) }
  return { final: !(explained.is_prerelease || explained.is_postrelease || explained.is_devrelease), version, fields }
}

/** How two versions are told apart. */
export type Scheme = 'semver' | 'pep440' | 'any'

/**
 * The newest final release among others that is newer than a version; undefined where none is, or they cannot be compared.
 *
 * @param scheme `any` takes semantic versions, or else numbers with dots
 */
export function newerRelease(version: string, others: readonly string[], scheme: Scheme): string | undefined {
  const compare = comparerFor(version, scheme)
  if (!compare) return undefined
  return others.filter((other) => (compare(other, version) ?? 0) > 0).sort((a, b) => compare(b, a) ?? 0)[0]
}

/** Gives undefined for a text that is no final release. */
type Comparer = (release: string, version: string) => number | undefined

function comparerFor(version: string, scheme: Scheme): Comparer | undefined {
  if (scheme === 'pep440') return readPep440(version) && ((a, b) => (readPep440(a)?.final ? pep440.compare(a, b) : undefined))
  if (readSemver(version)) return (a, b) => (readSemver(a)?.final ? semverCompare(a, b) : undefined)
  return scheme === 'any' && DOTTED.test(version) ? (a, b) => (DOTTED.test(a) ? compareNumbers(a, b) : undefined) : undefined
}

const DOTTED = /^v?\d+(?:\.\d+)*$/

function compareNumbers(a: string, b: string): number {
  const [left = [], right = []] = [a, b].map((text) => text.replace(/^v/, '').split('.').map(BigInt))
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0n) - (right[at] ?? 0n)
    if (difference !== 0n) return difference > 0n ? 1 : -1
  }
  return 0
}
