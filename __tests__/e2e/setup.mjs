import { status, up } from '../../testbed/testbed.mjs'

/** Brings the test bed up, unless it is up already; then it is left up at the end as well. */
export default async function setup() {
  process.env.MANIFOLD_TESTBED_KEEP = status().state ? 'true' : ''
  await up({ say: (line) => process.stderr.write(`${line}\n`) })
}
