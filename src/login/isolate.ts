import { chmod, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { buildxConfigDir } from '../builder/store.ts'
import { configPath, parseConfig, readConfigText } from '../registry/dockerconfig.ts'
import { dockerConfigDir, type Env, tempRoot } from '../runner/env.ts'

/** A Docker config of a job's own, and the variables that make all later steps use it. */
export interface Isolation {
  readonly dir: string
  readonly variables: Readonly<Record<string, string>>
  /** Whether it has been made by this call, which then has to remove it at the end of the job. */
  readonly made: boolean
}

const PREFIX = 'manifold-docker-'
const MARK = 'manifold-isolated'
/** What config.json says of credentials: that is what is to be kept apart. */
const CREDENTIALS = ['auths', 'credsStore', 'credHelpers', 'HttpHeaders']

/**
 * Makes a Docker config of the job's own below the runner's temporary folder, or finds the one that an earlier step of the
 * job has made. Credentials of the machine are not in it; its other settings are, and its contexts, builders and plugins are
 * found through it.
 *
 * @see https://docs.docker.com/reference/cli/docker/#environment-variables
 */
export async function isolate(env: Env): Promise<Isolation> {
  const old = dockerConfigDir(env)
  if (await isIsolated(old)) return { dir: old, variables: {}, made: false }
  const settings = parseConfig(await readConfigText(old), configPath(old)) as Readonly<Record<string, unknown>>
  const kept = Object.entries(settings).filter(([name]) => !CREDENTIALS.includes(name))
  const plugins = Array.isArray(settings.cliPluginsExtraDirs) ? settings.cliPluginsExtraDirs : []
  const dir = await mkdtemp(join(tempRoot(env), PREFIX))
  await chmod(dir, 0o700)
  const config = { ...Object.fromEntries(kept), cliPluginsExtraDirs: [join(resolve(old), 'cli-plugins'), ...plugins] }
  await writeFile(configPath(dir), JSON.stringify(config), { mode: 0o600 })
  await symlink(join(resolve(old), 'contexts'), join(dir, 'contexts'))
  await writeFile(join(dir, MARK), '', { mode: 0o600 })
  return { dir, variables: { DOCKER_CONFIG: dir, BUILDX_CONFIG: resolve(buildxConfigDir(old, env)) }, made: true }
}

/** Removes a Docker config of {@link isolate}'s, and nothing else. Can be called again. */
export async function removeIsolation(dir: string, env: Env): Promise<void> {
  if (dirname(resolve(dir)) !== resolve(tempRoot(env)) || !basename(dir).startsWith(PREFIX)) {
    throw new Error(`${dir} is not removed: it is no Docker config of a job's own`)
  }
  await rm(dir, { recursive: true, force: true })
}

async function isIsolated(dir: string): Promise<boolean> {
  return stat(join(dir, MARK)).then(
    () => true,
    () => false,
  )
}
