import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { canonicalHost } from './reference.ts'

/** Docker's config.json as far as we look into it; what else stands there is kept. */
export interface DockerConfig {
  readonly auths?: Readonly<Record<string, AuthEntry>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
  readonly cliPluginsExtraDirs?: readonly string[]
}

/** One registry's entry in `auths`. */
export interface AuthEntry {
  readonly auth?: string
  readonly identitytoken?: string
}

/** Docker Hub's key in `auths`. @see https://github.com/docker/cli/blob/master/cli/config/configfile/file.go */
export const HUB_KEY = 'https://index.docker.io/v1/'

/** The path of config.json in Docker's directory. */
export function configPath(configDir: string): string {
  return join(configDir, 'config.json')
}

/**
 * Reads config.json as text; undefined when there is none.
 *
 * @throws Error when it is there and cannot be read
 */
export async function readConfigText(configDir: string): Promise<string | undefined> {
  try {
    return await readFile(configPath(configDir), 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`cannot read ${configPath(configDir)}: check its permissions`, { cause })
  }
}

/**
 * Parses the text of config.json.
 *
 * @throws Error without any of the text, which can hold passwords
 */
export function parseConfig(text: string | undefined, path: string): DockerConfig {
  if (text === undefined || text.trim() === '') return {}
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // The parser's message quotes the text around the fault: it must not become the cause.
    throw new Error(`${path} is not valid JSON: repair or remove it`)
  }
  if (!isRecord(parsed)) throw new Error(`${path} is not a JSON object: repair or remove it`)
  for (const key of ['auths', 'credHelpers']) {
    if (parsed[key] !== undefined && parsed[key] !== null && !isRecord(parsed[key])) {
      throw new Error(`${path}: "${key}" is not an object: repair or remove it`)
    }
  }
  return parsed
}

/**
 * Replaces config.json in one step: a reader sees the old or the new file, never half of one. A link stays a link, the
 * permissions stay as they were (0600 for a new file).
 */
export async function writeConfigText(configDir: string, text: string): Promise<void> {
  await writeSecretFile(configPath(configDir), text)
}

/** Removes config.json, if it is there. */
export async function removeConfig(configDir: string): Promise<void> {
  await removeFile(configPath(configDir))
}

/** Writes a file with secrets in it in one step, readable for its owner alone unless it had other permissions before. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const target = await realpath(path).catch(() => path)
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  )
  const draft = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx' })
    await chmod(draft, mode)
    await rename(draft, target)
  } catch (cause) {
    await removeFile(draft)
    throw new Error(`cannot write ${path}: check the disk and the permissions of its folder`, { cause })
  }
}

/** Removes a file; none being there is fine. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
  })
}

/** The key under which `docker login HOST` stores its entry. */
export function authKey(host: string): string {
  return canonicalHost(host) === 'docker.io' ? HUB_KEY : host
}

/**
 * The name of the credential helper that serves a registry, or undefined where config.json itself does.
 *
 * @see https://docs.docker.com/reference/cli/docker/login/#credential-helpers
 */
export function helperName(config: DockerConfig, key: string): string | undefined {
  return config.credHelpers?.[key] ?? (config.credsStore || undefined)
}

function isRecord(value: unknown): value is Record<string, never> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
