import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rmdir, stat, unlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Env } from '../runner/env.ts'

/** One builder that a step uses and may have to remove. */
export interface BuilderClaim {
  readonly name: string
  readonly driver: string
  /** Whether its state stays when it is removed. */
  readonly keepState: boolean
  /** Whether other jobs may use it at the same time: its name does not belong to this one alone. */
  readonly shared: boolean
  /** The names of its nodes, after which containers and volumes are named. */
  readonly nodes: readonly string[]
}

/**
 * What one step has made or is about to make, written down before each thing is made: whoever finds the record can undo it,
 * also when the step was killed. Holds no secret.
 */
export interface RunRecord {
  readonly version: 1
  readonly owner: string
  /** Milliseconds since 1970. */
  readonly created: number
  /** The words that call buildx. */
  readonly buildx: readonly string[]
  /** What of the environment decides where buildx and docker look. */
  readonly env: Readonly<Record<string, string>>
  /** Where the engine listens. */
  readonly host: string
  readonly context: string
  readonly builders: readonly BuilderClaim[]
  readonly folders: readonly string[]
  readonly contexts: readonly string[]
  readonly containers: readonly string[]
  /** Processes that were started and have not ended yet. */
  readonly processes: readonly { readonly pid: number; readonly started: number }[]
}

/** A record and the file it lies in. */
export interface FiledRecord {
  readonly path: string
  readonly record: RunRecord
}

/** Where the records of this user lie. @see https://specifications.freedesktop.org/basedir-spec/latest/ */
export function recordRoot(env: Env): string {
  return join(env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'manifold')
}

/** A path for a new record. */
export function newRecordPath(root: string): string {
  return join(root, `${randomBytes(8).toString('hex')}.json`)
}

/** Writes a record in one step. @throws Error when its folder cannot be written */
export async function writeRecord(path: string, record: RunRecord): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 })
    await rename(`${path}.new`, path)
  } catch (cause) {
    throw new Error(`cannot write ${path}: check the disk and the permissions of its folder, or set XDG_STATE_HOME`, { cause })
  }
}

/** Reads a record; undefined when there is none, or it cannot be understood. */
export async function readRecord(path: string): Promise<FiledRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as RunRecord
    return record.version === 1 && Array.isArray(record.builders) ? { path, record } : undefined
  } catch {
    return undefined
  }
}

/** All records of a folder. */
export async function readRecords(root: string): Promise<FiledRecord[]> {
  const names = await readdir(root).catch(() => [] as string[])
  const records = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => readRecord(join(root, name))))
  return records.filter((each) => each !== undefined)
}

/** Removes a record, and the locks of killed jobs beside it. @param stale milliseconds after which a lock is one */
export async function removeRecord(path: string, stale: number): Promise<void> {
  await unlink(path).catch(() => undefined)
  await unlink(`${path}.new`).catch(() => undefined)
  const root = dirname(path)
  for (const name of await readdir(root).catch(() => [] as string[])) {
    const lock = join(root, name)
    if (name.endsWith('.lock') && Date.now() - ((await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now()) > stale) {
      await rmdir(lock).catch(() => undefined)
    }
  }
}
