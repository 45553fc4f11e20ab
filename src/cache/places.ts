import { formatReference } from '../registry/reference.ts'
import { joinFields } from '../text/csv.ts'
import type { CacheFacts } from './facts.ts'
import type { CacheStore, DirectoryStore, RegistryStore, RunnerStore } from './inputs.ts'
import { readReferences, writeReferences } from './registry.ts'

export interface Entry {
  readonly name: string
  readonly flag: string
}

/** What a place offers, whoever may use it. */
export interface Place {
  readonly name: string
  readonly reads: readonly Entry[]
  readonly writes: readonly Entry[]
  readonly unread?: string | undefined
  readonly unwritten?: string | undefined
  readonly fault?: string | undefined
  /** Said before the rest of the line. */
  readonly preface?: string
  /** All that is to be said. */
  readonly line?: string
}

const NOWHERE: Place = { name: '', reads: [], writes: [] }

/** Works out how a cache is read from and written to its place. */
export function planPlace(store: CacheStore, facts: CacheFacts | undefined): Place {
  switch (store.kind) {
    case 'none':
      return NOWHERE
    case 'builder':
      return { ...NOWHERE, name: "the builder's own storage", line: "kept in the builder's own storage; nothing is exported" }
    case 'inline': {
      const reads = store.references
        .map(formatReference)
        .filter((ref) => (facts?.looks.get(ref)?.state ?? 'present') === 'present')
        .map((ref) => ({ name: ref, flag: `type=registry,ref=${ref}` }))
      const writes = [{ name: 'the image itself', flag: 'type=inline' }]
      return { name: 'the image itself', reads, writes, unread: 'the image does not exist yet' }
    }
    case 'registry':
      return inRegistry(store, facts)
    case 'directory':
      return inDirectory(store, facts)
    case 'gha':
      return onRunner(store, facts)
  }
}

function inRegistry(store: RegistryStore, facts: CacheFacts | undefined): Place {
  const candidates = readReferences(store, facts?.event ?? NO_BRANCH).map(formatReference)
  const looks = candidates.map((ref) => ({ ref, look: facts?.looks.get(ref) }))
  const present = looks.filter(({ look }) => look === undefined || look.state === 'present')
  const fault = looks.map(({ look }) => (look?.state === 'faulty' || look?.state === 'silent' ? look.reason : undefined)).find(Boolean)
  const silent = looks.some(({ look }) => look?.state === 'silent')
  const own = formatReference(store.reference)
  const unread =
    fault ??
    (looks.some(({ look }) => look?.state === 'refused') ? `${own} is not there yet, or may not be read` : `${own} does not exist yet`)
  const options = `mode=${store.mode},image-manifest=true,oci-mediatypes=true,ignore-error=true${packing(store)}`
  return {
    name: own,
    reads: present.map(({ ref }) => ({ name: ref, flag: `type=registry,ref=${ref}` })),
    // A build would wait for it at its end, with nothing to show for it.
    writes: silent
      ? []
      : writeReferences(store, facts?.event ?? NO_BRANCH).map((reference) => {
          const ref = formatReference(reference)
          return { name: ref, flag: `type=registry,ref=${ref},${options}` }
        }),
    unread,
    unwritten: silent ? fault : undefined,
    fault:
      fault === undefined
        ? undefined
        : silent
          ? `${fault}, so it is neither read nor written this time`
          : `${fault}, so it is not read this time`,
  }
}

const NO_BRANCH = { branch: undefined, defaultBranch: undefined }

function inDirectory(store: DirectoryStore, facts: CacheFacts | undefined): Place {
  const name = store.path
  const folder = facts?.folder
  if (folder?.usable === false) return { ...NOWHERE, name, unread: folder.reason, unwritten: folder.reason, fault: folder.reason }
  const path = folder?.path ?? store.path
  const read = joinFields(['type=local', `src=${path}`, `digest=${folder?.digest}`])
  const write = joinFields(['type=local', `dest=${path}`, `tag=${store.scope}`, `mode=${store.mode}`])
  return {
    name,
    reads: folder?.digest === undefined ? [] : [{ name, flag: read }],
    writes: [{ name, flag: `${write},image-manifest=true,oci-mediatypes=true,ignore-error=true${packing(store)}` }],
    unread: `${name} holds no cache of this build yet`,
  }
}

function onRunner(store: RunnerStore, facts: CacheFacts | undefined): Place {
  const name = `the runner's cache (scope ${store.scope})`
  const { runner } = facts ?? {}
  if (runner?.usable === false) {
    const reason = runner.reason
    if (!store.fallback)
      return { ...NOWHERE, name, line: `${reason}, so the build has only its builder's own storage; cache-ref would be used instead` }
    return { ...inRegistry(store.fallback, facts), preface: `${reason}; ` }
  }
  const writes = [{ name, flag: `type=gha,scope=${store.scope},mode=${store.mode},ignore-error=true` }]
  const readOnly = runner?.usable === true && !runner.write
  return {
    name,
    reads: [{ name, flag: `type=gha,scope=${store.scope}` }],
    writes: readOnly ? [] : writes,
    unwritten: readOnly ? "the runner's token may only read" : undefined,
  }
}

function packing({ compression }: RegistryStore | DirectoryStore): string {
  if (compression === undefined) return ''
  // The image is packed first, and without being forced BuildKit takes for the cache what is there from that.
  return `,compression=${compression}${compression === 'zstd' ? ',force-compression=true' : ''}`
}
