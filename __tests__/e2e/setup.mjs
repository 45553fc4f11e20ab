import { status, up } from '../../testbed/testbed.mjs'

/** Brings the test bed up, unless it is up already; then it is left up at the end as well. */
export default async function setup() {
  const before = await status()
  process.env.MANIFOLD_TESTBED_KEEP = before ? 'true' : ''
  await up({ say: (/** @type {string} */ line) => process.stderr.write(`${line}\n`) })
}
