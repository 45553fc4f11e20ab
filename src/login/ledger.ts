import { createHash } from 'node:crypto'
import type { AuthEntry } from '../registry/dockerconfig.ts'

/**
 * The ledger says, for each registry, which login calls are still in force on this machine and what stood there before
 * each of them. It lies beside Docker's config.json, so that jobs that share one config can undo their logins in any order:
 * the entry a call found is put back when the last call that stands on it has gone.
 */
export interface Ledger {
  readonly version: 1
  /** Makes fingerprints useless outside this ledger. */
  readonly salt: string
  /** config.json before the first call: its text (null for no file), and what it means once Docker has rewritten it. */
  readonly baseline?: { readonly text: string | null; readonly meaning: string | null }
  readonly calls: readonly Call[]
}

/** One login call. Calls on the same key stand in the order in which they were made. */
export interface Call {
  readonly id: string
  readonly key: string
  readonly user: string
  readonly previous: Snapshot
  /** Fingerprint of what the call stored; null while docker login runs. */
  readonly stored: string | null
}

/** What Docker knows for one registry: the entry in config.json and, behind a credential helper, the stored credential. */
export interface Snapshot {
  readonly entry: AuthEntry | null
  readonly helper: HelperCopy | null
}

/** A credential that a helper keeps. The secret stays with the helper: under `alias` where a copy had to be saved. */
export interface HelperCopy {
  readonly name: string
  readonly user: string
  readonly secretHash: string
  readonly alias: string | null
}

/** What the end of a call asks for: the ledger without it, the snapshot to put back (if any), and the aliases to erase. */
export interface Release {
  readonly ledger: Ledger
  readonly restore: Snapshot | undefined
  readonly erase: readonly HelperCopy[]
}

/** Adds a call that is about to run `docker login`. */
export function openCall(ledger: Ledger, call: Omit<Call, 'stored'>): Ledger {
  return { ...ledger, calls: [...ledger.calls, { ...call, stored: null }] }
}

/** Notes what `docker login` has stored for a call. */
export function settleCall(ledger: Ledger, id: string, now: Snapshot): Ledger {
  const stored = fingerprint(now, ledger.salt)
  return { ...ledger, calls: ledger.calls.map((call) => (call.id === id ? { ...call, stored } : call)) }
}

/** Takes back a call whose `docker login` failed: nothing was stored, nothing is restored. */
export function dropCall(ledger: Ledger, id: string): Release {
  const call = ledger.calls.find((each) => each.id === id)
  const rest = { ...ledger, calls: ledger.calls.filter((each) => each.id !== id) }
  return { ledger: rest, restore: undefined, erase: aliases(call) }
}

/**
 * Ends a call.
 *
 * - A later call on the same registry stands on this one: it inherits what this one would have put back.
 * - The entry is still the one that this call stored: what stood there before is to be put back.
 * - Anything else is somebody else's and stays.
 *
 * @param now what Docker knows for the call's registry at this moment
 * @returns nothing to restore for an id that is not in the ledger, so that a second end does no harm
 */
export function releaseCall(ledger: Ledger, id: string, now: Snapshot): Release {
  const call = ledger.calls.find((each) => each.id === id)
  if (!call) return { ledger, restore: undefined, erase: [] }
  const later = ledger.calls.slice(ledger.calls.indexOf(call) + 1).filter(({ key }) => key === call.key)
  const firstSettled = later.findIndex(({ stored }) => stored !== null)
  // A call that was killed may have stored nothing: then the one after it stands on this one as well.
  const next = firstSettled < 0 ? later : later.slice(0, firstSettled + 1)
  const heirs = next.filter(({ previous }) => isOurs(call, previous, ledger.salt))
  const rest = {
    ...ledger,
    calls: ledger.calls.filter((each) => each !== call).map((each) => (heirs.includes(each) ? { ...each, previous: call.previous } : each)),
  }
  const ours = firstSettled < 0 && isOurs(call, now, ledger.salt)
  const needed = new Set(rest.calls.map(({ previous }) => previous.helper?.alias))
  const erase = (heirs.length > 0 ? heirs : [call]).flatMap(aliases).filter(({ alias }) => !needed.has(alias))
  return { ledger: rest, restore: ours ? call.previous : undefined, erase }
}

/** A short mark of a snapshot that tells whether two are the same without keeping any secret. */
export function fingerprint({ entry, helper }: Snapshot, salt: string): string {
  const fields = entry === null ? null : Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1))
  const kept = helper === null ? null : [helper.name, helper.user, helper.secretHash]
  return createHash('sha256')
    .update(JSON.stringify([salt, fields, kept]))
    .digest('hex')
}

function isOurs(call: Call, now: Snapshot, salt: string): boolean {
  if (call.stored !== null) return fingerprint(now, salt) === call.stored
  // Killed while docker login ran: a new entry with our user name is what it left.
  return fingerprint(now, salt) !== fingerprint(call.previous, salt) && userOf(now) === call.user
}

function userOf({ entry, helper }: Snapshot): string | undefined {
  if (helper) return helper.user
  return entry?.auth === undefined ? undefined : Buffer.from(entry.auth, 'base64').toString('utf8').split(':', 1)[0]
}

function aliases(call: Call | undefined): HelperCopy[] {
  return call?.previous.helper?.alias ? [call.previous.helper] : []
}
