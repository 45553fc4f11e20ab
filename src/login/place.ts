import { buildxConfigDir } from '../builder/store.ts'
import { exec } from '../docker/exec.ts'
import { findBuildx } from '../docker/plugin.ts'
import { configPath, parseConfig, readConfigText } from '../registry/dockerconfig.ts'
import { dockerConfigDir, type Env } from '../runner/env.ts'
import type { CredentialPlace } from './credentials.ts'
import type { Account } from './inputs.ts'
import { checkScopes, scopeDir } from './scope.ts'

const TIMEOUT = 20_000

/**
 * Where the credentials of an account belong: Docker's config, or for a scope the folder in which buildx looks for it.
 *
 * @throws Error that names the input when this machine's buildx knows no scopes
 */
export async function placeOf({ registry, scope }: Account, env: Env): Promise<CredentialPlace> {
  const configDir = dockerConfigDir(env)
  if (scope === undefined) return { configDir, env }
  try {
    checkScopes(await buildxVersion(configDir, env))
  } catch (cause) {
    throw new Error(`input scope: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  const dir = scopeDir(buildxConfigDir(configDir, env), registry, scope)
  return { configDir: dir, env: { ...env, DOCKER_CONFIG: dir } }
}

async function buildxVersion(configDir: string, env: Env): Promise<string> {
  const { cliPluginsExtraDirs } = parseConfig(await readConfigText(configDir), configPath(configDir))
  const buildx = await findBuildx(configDir, Array.isArray(cliPluginsExtraDirs) ? cliPluginsExtraDirs : [])
  const { exitCode, stdout } = await exec([...buildx, 'version'], { env, timeout: TIMEOUT })
  return exitCode === 0 ? stdout : ''
}
