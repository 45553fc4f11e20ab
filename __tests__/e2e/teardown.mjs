import { down } from '../../testbed/testbed.mjs'

/** Takes the test bed down if the setup brought it up. */
export default async function teardown() {
  if (!process.env.MANIFOLD_TESTBED_KEEP) await down()
}
