import { createHash } from 'node:crypto'

const LONGEST = 128
const HASH = 8

/**
 * Makes a tag that every registry accepts: other characters become `-`, a leading `.` or `-` goes, and what is longer than 128
 * characters is cut and gets a short hash of the whole, so that two long names stay two tags.
 *
 * @throws Error when nothing is left
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
export function toTagName(text: string): string {
  const name = text.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[.-]+/, '')
  if (name === '') {
    throw new Error(`"${text}" has no letter or digit that a tag may hold; add one, for example with a prefix`)
  }
  if (name.length <= LONGEST) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH)
  return `${name.slice(0, LONGEST - HASH - 1)}-${hash}`
}
