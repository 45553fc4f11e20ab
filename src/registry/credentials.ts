import type { Env } from '../runner/env.ts'
import { type AuthEntry, authKey, configPath, helperName, parseConfig, readConfigText } from './dockerconfig.ts'
import { helperGet } from './helper.ts'
import { canonicalHost } from './reference.ts'

/** How to sign in to a registry: a user name and password, or a token to be changed for an access token. */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity'; readonly token: string }

/**
 * The credential that Docker would use for a registry: from DOCKER_AUTH_CONFIG, a credential helper, or config.json.
 *
 * @param host as in a reference: `docker.io`, `ghcr.io`, `127.0.0.1:5000`
 * @returns undefined when there is none
 * @throws Error when config.json or the helper cannot be read
 * @see https://github.com/docker/cli/blob/master/cli/config/configfile/file.go GetAuthConfig
 */
export async function credentialFor(host: string, configDir: string, env: Env): Promise<Credential | undefined> {
  const key = authKey(host)
  const fromEnv = parseConfig(env.DOCKER_AUTH_CONFIG, 'the environment variable DOCKER_AUTH_CONFIG').auths?.[key]
  if (fromEnv) return toCredential(fromEnv)
  const config = parseConfig(await readConfigText(configDir), configPath(configDir))
  const helper = helperName(config, key)
  if (helper !== undefined) {
    const stored = await helperGet(helper, key, env)
    if (!stored) return undefined
    if (stored.Username === '<token>') return { kind: 'identity', token: stored.Secret }
    return { kind: 'basic', username: stored.Username, password: stored.Secret }
  }
  const entry = config.auths?.[key] ?? Object.entries(config.auths ?? {}).find(([name]) => hostOf(name) === canonicalHost(host))?.[1]
  return entry ? toCredential(entry) : undefined
}

function toCredential({ auth, identitytoken }: AuthEntry): Credential | undefined {
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'identity', token: identitytoken }
  if (typeof auth !== 'string') return undefined
  const decoded = Buffer.from(auth, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon <= 0) return undefined
  return { kind: 'basic', username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, '') }
}

/** Keys of older files are addresses: `https://ghcr.io/v2/` stands for `ghcr.io`. */
function hostOf(key: string): string {
  return canonicalHost(key.replace(/^https?:\/\//, '').replace(/\/.*$/, ''))
}
