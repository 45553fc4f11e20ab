import { stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { RegistryClient } from '../registry/client.ts'
import { credentialFor } from '../registry/credentials.ts'
import { runAddress } from '../runner/address.ts'
import { dockerConfigDir, type Env } from '../runner/env.ts'
import { readEngine } from './engine.ts'
import { asksEngine } from './exports.ts'
import type { BuildConfig } from './inputs.ts'
import type { Facts } from './plan.ts'
import type { Secret } from './secrets.ts'

/** How long to look for a cache before the build, in milliseconds: not finding out costs an ugly line, no more. */
const LOOK = 5000

/**
 * Finds out what the plan needs to know, all at once.
 *
 * @throws Error when the context or the Dockerfile is not there
 */
export async function gatherFacts(config: BuildConfig, env: Env): Promise<Pick<Facts, 'cacheExists' | 'engine' | 'runUrl'>> {
  const [cacheExists, engine] = await Promise.all([
    hasCache(config, dockerConfigDir(env), env),
    asksEngine(config) ? readEngine(env) : undefined,
    checkFiles(config),
    checkSecretFiles(config.secrets),
  ])
  return { cacheExists, engine, runUrl: runAddress(env) }
}

/** Whether the context is fetched by BuildKit: a Git repository, an archive, or the standard input. */
export function isRemote(context: string): boolean {
  return /^(?:https?|git|ssh):\/\/|^git@|^github\.com\//.test(context)
}

async function checkFiles({ context, file }: BuildConfig): Promise<void> {
  if (isRemote(context)) return
  const found = await stat(context).catch(() => undefined)
  if (!found?.isDirectory()) {
    throw new Error(
      `input context: there is no folder "${context}"; check the path, and that the repository is checked out before this step`,
    )
  }
  if (file !== undefined && (isRemote(file) || file === '-')) return
  const path = file ?? join(context, 'Dockerfile')
  if (!(await stat(path).catch(() => undefined))?.isFile()) {
    const inContext = file !== undefined && !isAbsolute(file) && (await stat(join(context, file)).catch(() => undefined))?.isFile()
    const hint = inContext ? `; the path counts from the workspace: write "${join(context, file)}"` : '; check the inputs file and context'
    throw new Error(`input ${file === undefined ? 'context' : 'file'}: there is no Dockerfile "${path}"${hint}`)
  }
}

async function checkSecretFiles(secrets: readonly Secret[]): Promise<void> {
  for (const secret of secrets) {
    if (secret.kind !== 'file' || (await stat(secret.path).catch(() => undefined))?.isFile()) continue
    throw new Error(
      `input secret-files: there is no file "${secret.path}" for "${secret.id}"; check the path, which counts from the workspace`,
    )
  }
}

async function hasCache({ cache }: BuildConfig, configDir: string, env: Env): Promise<boolean | undefined> {
  if (cache.kind !== 'registry') return undefined
  try {
    const client = new RegistryClient(cache.reference, await credentialFor(cache.reference.host, configDir, env), LOOK)
    return (await client.manifest(cache.reference.tag ?? 'latest')) !== undefined
  } catch {
    // Only looked at for a clean log: the build reads the cache by itself and says what it finds.
    return undefined
  }
}
