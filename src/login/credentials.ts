import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import {
  configPath,
  type DockerConfig,
  helperName,
  parseConfig,
  readConfigText,
  removeConfig,
  removeFile,
  writeConfigText,
  writeSecretFile,
} from '../registry/dockerconfig.ts'
import { helperGet, helperSet } from '../registry/helper.ts'
import type { Env } from '../runner/env.ts'
import type { HelperCopy, Ledger, Snapshot } from './ledger.ts'

/** Where Docker keeps credentials on this machine, and how to call its helpers. */
export interface CredentialPlace {
  readonly configDir: string
  readonly env: Env
}

/**
 * What Docker knows for a registry at this moment.
 *
 * @param key the registry's key in config.json
 * @throws Error when config.json or a credential helper cannot be read
 */
export async function takeSnapshot({ configDir, env }: CredentialPlace, key: string): Promise<Snapshot> {
  const config = parseConfig(await readConfigText(configDir), configPath(configDir))
  const name = helperName(config, key)
  const found = name === undefined ? undefined : await helperGet(name, key, env)
  return {
    entry: config.auths?.[key] ?? null,
    helper: name === undefined || found === undefined ? null : { name, user: found.Username, secretHash: hash(found.Secret), alias: null },
  }
}

/**
 * A snapshot that can be put back later. A secret behind a helper is to be copied under a name of its own within that helper,
 * so that it never lies in a file of ours; the name is noted before there is a copy, so that none is ever forgotten.
 */
export function withAlias(snapshot: Snapshot): Snapshot {
  const { helper } = snapshot
  return helper === null ? snapshot : { ...snapshot, helper: { ...helper, alias: `https://manifold.invalid/${randomUUID()}` } }
}

/** Makes the copy that {@link withAlias} has named. */
export async function copyToAlias({ env }: CredentialPlace, key: string, { helper }: Snapshot): Promise<void> {
  if (helper?.alias) await helperSet(helper.name, helper.alias, await helperGet(helper.name, key, env), env)
}

/** Puts a saved snapshot back: in config.json and, where the registry has a helper, there. */
export async function restoreSnapshot(place: CredentialPlace, key: string, saved: Snapshot): Promise<void> {
  const { configDir, env } = place
  const text = await readConfigText(configDir)
  const config = parseConfig(text, configPath(configDir))
  const name = saved.helper?.name ?? helperName(config, key)
  if (name !== undefined) {
    const alias = saved.helper?.alias
    await helperSet(name, key, alias ? await helperGet(name, alias, env) : undefined, env)
  }
  await writeConfigText(configDir, formatConfig(withEntry(config, key, saved)))
}

/** Erases copies of credentials that nothing stands on any more. */
export async function eraseAliases({ env }: CredentialPlace, copies: readonly HelperCopy[]): Promise<void> {
  for (const { name, alias } of copies) if (alias) await helperSet(name, alias, undefined, env)
}

/** What config.json would mean with a registry's entry as in the snapshot: comparable text, whatever the formatting. */
export function meaningWith(text: string | undefined, key: string, snapshot: Snapshot, path: string): string {
  return JSON.stringify(withEntry(parseConfig(text, path), key, snapshot))
}

/** Gives config.json back its bytes from before the first call, if what it means is what it meant then. */
export async function restoreBaseline({ configDir }: CredentialPlace, baseline: Ledger['baseline']): Promise<void> {
  if (baseline === undefined) return
  const now = await readConfigText(configDir)
  const config = parseConfig(now, configPath(configDir))
  const before = parseConfig(baseline.text ?? undefined, configPath(configDir))
  // A call that was killed never learned what its `docker login` had made of the file.
  const unchanged = baseline.meaning === null ? isRewritten(config, before) : JSON.stringify(config) === baseline.meaning
  if (!unchanged && !isDeepStrictEqual(config, before)) return
  if (baseline.text === null) await removeConfig(configDir)
  else if (baseline.text !== now) await writeConfigText(configDir, baseline.text)
}

/** Whether a config is what Docker makes of another when it writes it anew: the same, but for fields that it does not know. */
function isRewritten({ auths = {}, ...fields }: DockerConfig, { auths: entries = {}, ...known }: DockerConfig): boolean {
  const kept = Object.entries(fields).every(([name, value]) =>
    isDeepStrictEqual(value, Object.entries(known).find(([each]) => each === name)?.[1]),
  )
  return kept && isDeepStrictEqual(auths, entries)
}

/** The path of the ledger. It can hold the entries that stood in config.json, so it lies beside it. */
export function ledgerPath(configDir: string): string {
  return join(configDir, 'manifold-login.json')
}

/** Reads the ledger; a new, empty one when there is none or it cannot be used. */
export async function readLedger(configDir: string): Promise<Ledger> {
  try {
    const ledger = JSON.parse(await readFile(ledgerPath(configDir), 'utf8')) as Ledger
    if (ledger.version === 1 && Array.isArray(ledger.calls)) return ledger
  } catch {
    // None yet, or half of one after a full disk: then nothing is known of earlier calls.
  }
  return { version: 1, salt: randomUUID(), calls: [] }
}

/** Writes the ledger, or removes it when no call is left in it. */
export async function writeLedger(configDir: string, ledger: Ledger): Promise<void> {
  if (ledger.calls.length === 0) await removeFile(ledgerPath(configDir))
  else await writeSecretFile(ledgerPath(configDir), JSON.stringify(ledger))
}

function withEntry(config: DockerConfig, key: string, { entry }: Snapshot): DockerConfig {
  const { [key]: _gone, ...others } = config.auths ?? {}
  return { ...config, auths: entry === null ? others : { ...others, [key]: entry } }
}

/** As Docker itself formats the file. */
function formatConfig(config: DockerConfig): string {
  return JSON.stringify(config, null, '\t')
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
