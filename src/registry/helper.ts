import { exec, StartError } from '../docker/exec.ts'
import type { Env } from '../runner/env.ts'

/** What a credential helper stores for a server. `<token>` as user name means that the secret is an identity token. */
export interface StoredCredential {
  readonly Username: string
  readonly Secret: string
}

const TIMEOUT = 20_000

/**
 * Asks a credential helper.
 *
 * @param helper its name: `pass` means the program docker-credential-pass
 * @param server the key, as Docker hands it over
 * @returns the credential, or undefined when the helper has none
 * @throws Error that names the helper; its output is kept out, since it can hold the secret
 * @see https://github.com/docker/docker-credential-helpers#development
 */
export async function helperGet(helper: string, server: string, env: Env): Promise<StoredCredential | undefined> {
  const { exitCode, stdout } = await call(helper, 'get', server, env)
  if (exitCode !== 0) {
    if (/credentials not found/i.test(stdout)) return undefined
    throw new Error(`the credential helper docker-credential-${helper} failed for ${server} (exit code ${exitCode})`)
  }
  try {
    const { Username, Secret } = JSON.parse(stdout) as Record<string, unknown>
    if (typeof Username === 'string' && typeof Secret === 'string') return { Username, Secret }
  } catch {
    // Said below, without the text.
  }
  throw new Error(`the credential helper docker-credential-${helper} answered with something else than a credential for ${server}`)
}

/** Stores a credential with a helper, or erases it when there is none. @throws Error that names the helper */
export async function helperSet(helper: string, server: string, credential: StoredCredential | undefined, env: Env): Promise<void> {
  const verb = credential ? 'store' : 'erase'
  const input = credential ? JSON.stringify({ ServerURL: server, ...credential }) : server
  const { exitCode, stdout } = await call(helper, verb, input, env)
  if (exitCode !== 0 && !(verb === 'erase' && /credentials not found/i.test(stdout))) {
    throw new Error(`the credential helper docker-credential-${helper} could not ${verb} the entry of ${server} (exit code ${exitCode})`)
  }
}

async function call(helper: string, verb: string, input: string, env: Env) {
  // The name becomes part of a program's name: https://github.com/docker/docker-credential-helpers/blob/master/client
  if (!/^[\w.-]+$/.test(helper)) throw new Error(`Docker's config.json names an invalid credential helper "${helper}"`)
  try {
    return await exec([`docker-credential-${helper}`, verb], { input, env, timeout: TIMEOUT })
  } catch (cause) {
    if (!(cause instanceof StartError)) throw cause
    throw new Error(
      `the credential helper docker-credential-${helper}, named in Docker's config.json, cannot be started: install it or remove it there`,
      { cause },
    )
  }
}
