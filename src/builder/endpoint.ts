import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { configPath, parseConfig, readConfigText } from '../registry/dockerconfig.ts'
import type { Env } from '../runner/env.ts'

/** The engine that docker and buildx would talk to. */
export interface EngineEndpoint {
  /** The name of its context; `default` for the one of the environment. */
  readonly context: string
  /** Such as `unix:///var/run/docker.sock` or `tcp://host:2376`. */
  readonly host: string
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
}

/** Where the engine listens when nothing else is said. @see https://docs.docker.com/reference/cli/docker/#environment-variables */
const DEFAULT_HOST = process.platform === 'win32' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock'

/**
 * Finds the engine as the docker client does: DOCKER_HOST, then DOCKER_CONTEXT, then the current context of config.json.
 *
 * @throws Error that names the context when it is not there
 * @see https://github.com/docker/cli/blob/master/cli/command/cli.go resolveContextName
 */
export async function currentEndpoint(configDir: string, env: Env): Promise<EngineEndpoint> {
  if (env.DOCKER_HOST) return { context: 'default', host: env.DOCKER_HOST, ...(await environmentTls(env)) }
  const config = parseConfig(await readConfigText(configDir), configPath(configDir)) as { readonly currentContext?: unknown }
  const name = env.DOCKER_CONTEXT || (typeof config.currentContext === 'string' ? config.currentContext : '') || 'default'
  if (name === 'default') return { context: 'default', host: DEFAULT_HOST, ...(await environmentTls(env)) }
  return contextEndpoint(name, configDir)
}

/**
 * Reads a context of Docker's store.
 *
 * @throws Error that names the context when it is not there
 * @see https://github.com/docker/cli/blob/master/cli/context/store/store.go for the layout
 */
export async function contextEndpoint(name: string, configDir: string): Promise<EngineEndpoint> {
  const id = createHash('sha256').update(name).digest('hex')
  try {
    const meta = JSON.parse(await readFile(join(configDir, 'contexts/meta', id, 'meta.json'), 'utf8')) as {
      Endpoints?: { docker?: { Host?: unknown } }
    }
    const host = meta.Endpoints?.docker?.Host
    if (typeof host !== 'string') throw new Error('it has no docker endpoint')
    const tls = await readTls(join(configDir, 'contexts/tls', id, 'docker'))
    return { context: name, host, ...(tls ? { tls } : {}) }
  } catch (cause) {
    throw new Error(`the docker context "${name}" cannot be read; see "docker context ls"`, { cause })
  }
}

/** Whether the engine is reached with certificates of the environment, which buildx refuses for a new builder. */
export function needsContext({ context, tls }: EngineEndpoint): boolean {
  return context === 'default' && tls !== undefined
}

async function environmentTls(env: Env): Promise<Pick<EngineEndpoint, 'tls'>> {
  if (!env.DOCKER_TLS_VERIFY && !env.DOCKER_TLS) return {}
  return { tls: (await readTls(env.DOCKER_CERT_PATH || env.DOCKER_CONFIG || join(homedir(), '.docker'))) ?? {} }
}

async function readTls(folder: string): Promise<EngineEndpoint['tls'] | undefined> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFile(join(folder, file), 'utf8').catch(() => undefined)),
  )
  if (ca === undefined && cert === undefined) return undefined
  return { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) }
}
