import { createHash, randomBytes } from 'node:crypto'
import { copyFile, link, mkdir, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { lock } from 'proper-lockfile'
import type { DirectoryStore } from './inputs.ts'
import { blobPath, blobsOf, type Descriptor, entryNamed, formatIndex, named, readIndex } from './layout.ts'

/**
 * A folder of one job beside the blobs of a cache directory: the build reads its cache from there, and writes the new one
 * there. Its blobs are hard links, so that it costs no space, and what another job does to the directory does not touch it.
 */
export type WorkFolder =
  | { readonly usable: true; readonly path: string; readonly root: string; readonly scope: string; readonly digest: string | undefined }
  | { readonly usable: false; readonly reason: string }

const WORK = '.work-'
/** A job of another machine is taken for dead after so long, in milliseconds: hosted runners end jobs after six hours. */
const LONGEST_JOB = 6 * 3600_000
/** Entries of further builds that one directory keeps, and for how long after they were written, in milliseconds. */
const KEPT = 16
const KEPT_FOR = 30 * 24 * 3600_000
const WRITTEN = 'org.opencontainers.image.created'

/**
 * Opens a cache directory: removes what dead jobs left in it, and makes a work folder with the cache of the same build.
 * A cache with missing or cut blobs counts as none.
 */
export async function openDirectory({ path, scope }: Pick<DirectoryStore, 'path' | 'scope'>): Promise<WorkFolder> {
  const root = resolve(path)
  const work = join(root, `${WORK}${owner()}-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await mkdir(root, { recursive: true })
    await sweep(root)
    await mkdir(work, { mode: 0o700 })
    const digest = await withLock(root, async () => {
      const index = await readIndex(root)
      // A directory that buildx itself wrote has one entry of that name.
      const entry = entryNamed(index, scope) ?? entryNamed(index, 'latest')
      if (!entry) return undefined
      const blobs = await blobsOf(root, entry).catch(() => undefined)
      for (const blob of blobs ?? []) await bring(join(root, blobPath(blob)), join(work, blobPath(blob)))
      return blobs ? entry.digest : undefined
    })
    return { usable: true, path: work, root, scope, digest }
  } catch (error) {
    await rm(work, { recursive: true, force: true }).catch(() => undefined)
    return { usable: false, reason: `${root} cannot be used (${codeOf(error)})` }
  }
}

/**
 * Puts the cache that a build has written into its work folder in the place of the old one. The directory is a whole cache at
 * each moment: blobs are added first, then the index is replaced in one step, then what nothing refers to any more is removed.
 *
 * @returns whether there was a new cache
 * @throws Error when the new cache is not whole, or the directory cannot be written; the old one is then as it was
 */
export async function commitDirectory(folder: WorkFolder & { usable: true }): Promise<boolean> {
  const { path, root, scope } = folder
  // A failed build, or an export that failed, leaves no index.
  const written = entryNamed(await readIndex(path), scope)
  if (!written) return false
  const blobs = await blobsOf(path, written)
  await withLock(root, async () => {
    for (const blob of blobs) await bring(join(path, blobPath(blob)), join(root, blobPath(blob)))
    const own = named({ ...written, annotations: { ...written.annotations, [WRITTEN]: new Date().toISOString() } }, scope)
    const others = (await readIndex(root)).filter((entry) => isOther(entry, scope)).slice(-KEPT)
    const draft = join(path, 'index.new.json')
    await writeFile(draft, formatIndex([...others, own]))
    await writeFile(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    await rename(draft, join(root, 'index.json'))
    await removeUnused(root, [...others, own])
  })
  return true
}

/** Removes a work folder; none being there is fine. */
export async function removeWork(path: string): Promise<void> {
  // A buildx that is just being ended may still write into it.
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

function isOther({ annotations }: Descriptor, scope: string): boolean {
  const name = annotations?.['org.opencontainers.image.ref.name']
  const age = Date.now() - Date.parse(annotations?.[WRITTEN] ?? '')
  // `latest` is what buildx wrote before this directory came into our hands.
  return name !== undefined && name !== scope && name !== 'latest' && age < KEPT_FOR
}

async function removeUnused(root: string, entries: readonly Descriptor[]): Promise<void> {
  const used = new Set<string>()
  for (const entry of entries) {
    for (const blob of await blobsOf(root, entry).catch(() => [])) used.add(blobPath(blob))
  }
  for (const algorithm of await readdir(join(root, 'blobs'))) {
    for (const name of await readdir(join(root, 'blobs', algorithm))) {
      const path = join('blobs', algorithm, name)
      if (!used.has(path)) await unlink(join(root, path))
    }
  }
}

/** Work folders of jobs that are no longer there. */
async function sweep(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const [, host, pid] = /^\.work-([0-9a-f]+)-(\d+)-/.exec(name) ?? []
    if (pid === undefined) continue
    const path = join(root, name)
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now())
    if (host === owner() ? !isAlive(Number(pid)) : age > LONGEST_JOB) await removeWork(path)
  }
}

/** This machine since its start, or this container: where a process is known by its number. */
function owner(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** A second name for a file where the file system has that, else a copy. */
async function bring(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  try {
    await link(from, to)
  } catch (error) {
    const there = codeOf(error) === 'EEXIST'
    // One that was cut off, by a restore that did not come to its end, is replaced.
    if (there && (await stat(from)).size === (await stat(to)).size) return
    if (!there && !['EPERM', 'EXDEV', 'ENOTSUP', 'EMLINK', 'ENOSYS'].includes(codeOf(error))) throw error
    await copyFile(from, `${to}.new`)
    await rename(`${to}.new`, to)
  }
}

/** Held for a moment only: while names are made and removed, never while something is built or copied over a network. */
async function withLock<Value>(root: string, work: () => Promise<Value>): Promise<Value> {
  const release = await lock(root, {
    lockfilePath: join(root, '.lock'),
    stale: 10_000,
    update: 2000,
    retries: { retries: 300, factor: 1, minTimeout: 100, maxTimeout: 100, randomize: true },
    // Only a process that was stopped for ten seconds loses it; what it does then is still done by whole steps.
    onCompromised: () => undefined,
  })
  try {
    return await work()
  } finally {
    await release().catch(() => undefined)
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error))
}
