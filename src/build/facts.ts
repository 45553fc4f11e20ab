import { stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { type CacheEvent, gatherCacheFacts } from '../cache/facts.ts'
import { runAddress } from '../runner/address.ts'
import type { Env } from '../runner/env.ts'
import { readEngine } from './engine.ts'
import { asksEngine } from './exports.ts'
import type { BuildConfig } from './inputs.ts'
import type { Facts } from './plan.ts'
import { POLICY_VARIABLE } from './rewrite.ts'
import type { Secret } from './secrets.ts'

/**
 * Finds out what the plan needs to know, all at once.
 *
 * @throws Error when the context or the Dockerfile is not there
 */
export async function gatherFacts(config: BuildConfig, event: CacheEvent, env: Env): Promise<Pick<Facts, 'cache' | 'engine' | 'runUrl'>> {
  if (config.rewrites.length > 0 && env[POLICY_VARIABLE]) {
    throw new Error(`input rewrite: cannot be used beside the environment variable ${POLICY_VARIABLE}; put its rules into one of the two`)
  }
  await Promise.all([checkFiles(config), checkSecretFiles(config.secrets)])
  const [cache, engine] = await Promise.all([gatherCacheFacts(config.cache, event, env), asksEngine(config) ? readEngine(env) : undefined])
  return { cache, engine, runUrl: runAddress(env) }
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
