import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { lock } from 'proper-lockfile'
import { flag } from '../docker/command.ts'
import { type ExecResult, exec } from '../docker/exec.ts'
import { configPath, readConfigText } from '../registry/dockerconfig.ts'
import {
  type CredentialPlace,
  copyToAlias,
  eraseAliases,
  ledgerPath,
  meaningWith,
  readLedger,
  restoreBaseline,
  restoreSnapshot,
  takeSnapshot,
  withAlias,
  writeLedger,
} from './credentials.ts'
import { explainLogin } from './failure.ts'
import type { Account } from './inputs.ts'
import { dropCall, openCall, releaseCall, settleCall } from './ledger.ts'

/** What post needs to undo one call. Holds no secret. */
export interface LoginHandle {
  readonly id: string
  readonly key: string
  readonly registry: string
  readonly configDir: string
}

export interface LoginOptions {
  readonly place: CredentialPlace
  readonly signal?: AbortSignal
  /** Whether the sign-in stays after the job: then nothing is noted for undoing it. */
  readonly keep: boolean
  /** Called before anything is changed, so that a killed main can still be undone. */
  readonly onHandle: (handle: LoginHandle) => void
}

const TIMEOUT = 90_000

/**
 * Signs in to one registry with `docker login`, whose exit code decides, and notes in the ledger how to undo it.
 *
 * @throws Error of one line that names the registry and what to do; then nothing of the call is left behind
 */
export async function login(account: Account, { place, signal, keep, onHandle }: LoginOptions): Promise<void> {
  const { configDir, env } = place
  const { key, registry } = account
  const id = randomUUID()
  onHandle({ id, key, registry, configDir })
  await locked(configDir, async () => {
    const text = await readConfigText(configDir)
    const before = await takeSnapshot(place, key)
    const previous = withAlias(before)
    const opened = openCall(await readLedger(configDir), { id, key, user: account.username, previous })
    const first = opened.calls.length === 1
    await writeLedger(configDir, first ? { ...opened, baseline: { text: text ?? null, meaning: null } } : opened)

    const giveUp = async (cause: unknown): Promise<never> => {
      await dropped(place, id)
      throw cause
    }
    await copyToAlias(place, key, previous).catch(giveUp)
    const result = await dockerLogin(account, { env, ...(signal ? { signal } : {}) }).catch(giveUp)
    if (result.exitCode !== 0 || signal?.aborted) {
      const now = await takeSnapshot(place, key)
      // Killed after it had stored the entry: that is to be undone like any other.
      const { restore } = releaseCall(await readLedger(configDir), id, now)
      if (restore) await restoreSnapshot(place, key, restore)
      await dropped(place, id)
      throw new Error(signal?.aborted ? `login to ${registry}: cancelled` : explainLogin(account, result))
    }

    if (keep) return dropped(place, id)
    const settled = settleCall(await readLedger(configDir), id, await takeSnapshot(place, key))
    const meaning = meaningWith(await readConfigText(configDir), key, before, configPath(configDir))
    const baseline = settled.baseline && (first ? { ...settled.baseline, meaning } : settled.baseline)
    await writeLedger(configDir, { ...settled, ...(baseline ? { baseline } : {}) })
  })
}

/**
 * Undoes one call of {@link login}, and only that. Can be called again, and after a login that was killed.
 *
 * @returns whether an entry was changed
 */
export async function logout({ id, key, configDir }: LoginHandle, place: CredentialPlace): Promise<boolean> {
  return locked(configDir, async () => {
    const ledger = await readLedger(configDir)
    if (!ledger.calls.some((call) => call.id === id)) return false
    const release = releaseCall(ledger, id, await takeSnapshot(place, key))
    if (release.restore) await restoreSnapshot(place, key, release.restore)
    await eraseAliases(place, release.erase)
    await writeLedger(configDir, release.ledger)
    if (release.ledger.calls.length === 0) await restoreBaseline(place, release.ledger.baseline)
    return release.restore !== undefined
  })
}

function dockerLogin(
  { server, username, password }: Account,
  options: { env: CredentialPlace['env']; signal?: AbortSignal },
): Promise<ExecResult> {
  const command = ['docker', 'login', ...flag('--username', username), '--password-stdin', ...(server === '' ? [] : [server])]
  return exec(command, { ...options, input: password, timeout: TIMEOUT })
}

async function dropped(place: CredentialPlace, id: string): Promise<void> {
  const { ledger, erase } = dropCall(await readLedger(place.configDir), id)
  await eraseAliases(place, erase)
  await writeLedger(place.configDir, ledger)
  if (ledger.calls.length === 0) await restoreBaseline(place, ledger.baseline)
}

/** Runs one at a time among all jobs that share a Docker config; a lock left by a killed job is taken over after 15 s. */
async function locked<Result>(configDir: string, work: () => Promise<Result>): Promise<Result> {
  await mkdir(configDir, { recursive: true, mode: 0o700 })
  const path = ledgerPath(configDir)
  const release = await lock(path, {
    realpath: false,
    stale: 15_000,
    update: 3_000,
    retries: { retries: 1200, factor: 1, minTimeout: 50, maxTimeout: 250, randomize: true },
    onCompromised: () => undefined,
  }).catch((cause: unknown) => {
    throw new Error(`cannot lock ${path}: check that its folder can be written`, { cause })
  })
  try {
    return await work()
  } finally {
    await release().catch(() => undefined)
  }
}
