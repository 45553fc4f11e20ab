import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Env } from '../runner/env.ts'
import type { EngineEndpoint } from './endpoint.ts'

/** A builder as buildx keeps it. */
export interface StoredBuilder {
  readonly name: string
  readonly driver: string
  readonly nodes: readonly { readonly name: string; readonly endpoint: string; readonly flags: readonly string[] }[]
}

/** The directory of buildx's own files. @see https://docs.docker.com/build/building/variables/#buildx_config */
export function buildxConfigDir(configDir: string, env: Env): string {
  return env.BUILDX_CONFIG || join(configDir, 'buildx')
}

/**
 * The name of the builder that buildx would take: that of the environment, the chosen one, or the engine's own, which is
 * named after the context.
 *
 * @see https://github.com/docker/buildx/blob/master/store/store.go Current
 */
export async function currentName(dir: string, { context, host }: EngineEndpoint, env: Env): Promise<string> {
  if (env.BUILDX_BUILDER) return env.BUILDX_BUILDER
  const key = context === 'default' ? host : context
  const current = await readJson(join(dir, 'current'))
  const name = typeof current?.Name === 'string' ? current.Name : ''
  if (name !== '' && (current?.Global === true || current?.Key === key) && (await storedBuilder(dir, name))) return name
  if (name !== '' && current?.Key === key) return context
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 20)
  const chosen = await readFile(join(dir, 'defaults', hash), 'utf8').catch(() => '')
  return chosen !== '' && (await storedBuilder(dir, chosen)) ? chosen : context
}

/** Reads a builder of buildx's store; undefined when there is none of that name. */
export async function storedBuilder(dir: string, name: string): Promise<StoredBuilder | undefined> {
  if (!/^[\w.-]+$/.test(name)) return undefined
  const stored = await readJson(join(dir, 'instances', name.toLowerCase()))
  if (!stored) return undefined
  const nodes = Array.isArray(stored.Nodes) ? (stored.Nodes as Readonly<Record<string, unknown>>[]) : []
  return {
    name: String(stored.Name ?? name),
    driver: String(stored.Driver ?? ''),
    nodes: nodes.map((node) => ({
      name: String(node.Name ?? ''),
      endpoint: String(node.Endpoint ?? ''),
      flags: Array.isArray(node.Flags) ? node.Flags.map(String) : [],
    })),
  }
}

/** What a builder's BuildKit was started to allow, on every node. */
export function allowedEntitlements({ nodes }: StoredBuilder): string[] {
  const [first = [], ...others] = nodes.map(({ flags }) => flagEntitlements(flags))
  return first.filter((each) => others.every((list) => list.includes(each)))
}

/** The entitlements that flags of buildkitd allow. */
export function flagEntitlements(flags: readonly string[]): string[] {
  return flags.flatMap((word, at) => {
    const [, attached] = /^--?allow-insecure-entitlement(?:=(.*))?$/.exec(word) ?? []
    if (attached !== undefined) return [attached]
    return /^--?allow-insecure-entitlement$/.test(word) && flags[at + 1] !== undefined ? [flags[at + 1] ?? ''] : []
  })
}

async function readJson(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
