import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lock } from 'proper-lockfile'

/** How long a lock of a killed job can hold others up, in milliseconds. */
export const STALE = 5_000

/**
 * Does a piece of work for one builder at a time among all jobs of this user on the machine. The lock is a folder that is
 * touched while it is held, so that one left by a killed job is taken over.
 *
 * @param root the folder of the records
 * @param name of the builder
 * @throws Error when the folder cannot be written
 */
export async function exclusively<Result>(root: string, name: string, work: () => Promise<Result>): Promise<Result> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  const path = join(root, name)
  const release = await lock(path, {
    realpath: false,
    stale: STALE,
    update: 1_000,
    // Booting a builder can take a minute where its image has to be pulled first; ten jobs may wait for it.
    retries: { retries: 6000, factor: 1, minTimeout: 30, maxTimeout: 200, randomize: true },
    onCompromised: () => undefined,
  }).catch((cause: unknown) => {
    throw new Error(`cannot lock ${path}: check that its folder can be written`, { cause })
  })
  try {
    return await work()
  } finally {
    await release().catch(() => undefined)
  }
}
