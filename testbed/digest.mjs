// Content as registries and image layouts name it.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md

import { createHash } from 'node:crypto'

export const OCI = 'application/vnd.oci.image'

/**
 * @param {Buffer} bytes
 * @returns {string} `sha256:…`
 */
export function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/**
 * @param {unknown} value
 * @returns {Buffer} the same bytes for the same value
 */
export function json(value) {
  return Buffer.from(JSON.stringify(value))
}
