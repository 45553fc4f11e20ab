import type { SolveStatus } from '../docker/progress.ts'

/** What went wrong with the cache in a build that may be good all the same. */
export interface CacheFault {
  readonly part: 'read' | 'written'
  readonly reason: string
  /** Of the contents of cache mounts, not of the steps. */
  readonly mounts?: boolean
  /** The builder waits for the cache without end, and builds nothing else either. */
  readonly blocked?: boolean
}

/** After so long, in milliseconds, a layer of which no byte comes will not come, and a manifest is not read or written any more. */
const SILENCE = 60_000

/** The vertices of BuildKit that write a cache: https://github.com/moby/buildkit/tree/master/cache/remotecache, Name(). */
export const EXPORTS = /^exporting (?:cache|inline cache|to GitHub Actions Cache)/
/** What takes a registry no time, whatever the size of the cache. Seen hanging where the registry had answered at once. */
const SMALL = /^writing (?:config|(?:cache )?(?:image )?manifest)/
/** The vertex that reads a cache: https://github.com/moby/buildkit/blob/master/solver/llbsolver/bridge.go */
export const IMPORTS = /^importing cache manifest/

/**
 * Watches a build for a cache that keeps it waiting: BuildKit itself waits without end for a registry that says nothing.
 * A step that only takes long is none of its business. Times are in milliseconds, by the clock of whoever calls.
 */
export class CacheWatch {
  readonly #patience: number
  /** Vertices about the cache that have begun and not ended, since when. */
  readonly #running = new Map<string, { readonly name: string; since: number }>()
  /** Small files that are being written, since when. */
  readonly #writing = new Map<string, number>()
  /** Layers on their way, with what had come of them when. */
  readonly #layers = new Map<string, { current: number; since: number }>()
  readonly #cached = new Set<string>()
  readonly #controller = new AbortController()
  #fault: CacheFault | undefined
  #blockedSince: number | undefined

  /**
   * @param patience in milliseconds, for writing a cache; for all else there is an upper bound
   * @param afterStall when the build before was given up while it read a cache: since then, if the builder did not let go of
   * that, it builds nothing
   */
  constructor(patience: number, afterStall?: number) {
    this.#patience = patience
    this.#blockedSince = afterStall
  }

  /** Aborts when the build has waited long enough. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What the build waited for when it was given up. */
  get fault(): CacheFault | undefined {
    return this.#fault
  }

  /** To be called several times a second. */
  tick(now: number): void {
    this.#fault ??= this.#check(now)
    if (this.#fault) this.#controller.abort()
  }

  add({ vertexes = [], statuses = [] }: SolveStatus, now: number): void {
    for (const { digest, name = '', started, completed, cached } of vertexes) {
      if (cached) this.#cached.add(digest)
      if (completed !== undefined) this.#end(digest)
      else if (started !== undefined && (EXPORTS.test(name) || IMPORTS.test(name)) && !this.#running.has(digest)) {
        this.#running.set(digest, { name, since: now })
      }
    }
    for (const { id, vertex = '', current = 0, completed } of statuses) {
      const key = `${vertex} ${id}`
      if (this.#running.has(vertex) && SMALL.test(id)) {
        if (completed !== undefined) this.#writing.delete(key)
        else if (!this.#writing.has(key)) this.#writing.set(key, now)
      }
      if (!id.startsWith('sha256:')) continue
      const known = this.#layers.get(key)
      if (completed !== undefined) this.#layers.delete(key)
      else if (known?.current !== current) this.#layers.set(key, { current, since: now })
    }
  }

  #end(digest: string): void {
    this.#blockedSince = undefined
    this.#running.delete(digest)
    for (const map of [this.#writing, this.#layers]) {
      for (const key of map.keys()) if (key.startsWith(`${digest} `)) map.delete(key)
    }
  }

  #check(now: number): CacheFault | undefined {
    if (this.#blockedSince !== undefined && now - this.#blockedSince >= this.#patience) {
      return { part: 'read', reason: 'the builder does not let go of it', blocked: true }
    }
    const silence = Math.min(SILENCE, this.#patience)
    for (const { name, since } of this.#running.values()) {
      const written = EXPORTS.test(name)
      if (now - since < (written ? this.#patience : silence)) continue
      if (written) return { part: 'written', reason: `it was not done after ${seconds(now - since)}` }
      return { part: 'read', reason: `it did not answer within ${seconds(now - since)}` }
    }
    for (const since of this.#writing.values()) {
      if (now - since >= silence) return { part: 'written', reason: `its manifest was not taken within ${seconds(now - since)}` }
    }
    for (const [key, { since }] of this.#layers) {
      // The layers of a base image come at a step that is no cached one.
      if (!this.#cached.has(key.split(' ', 1)[0] ?? '') || now - since < silence) continue
      return { part: 'read', reason: `a layer of it did not come within ${seconds(now - since)}` }
    }
    return undefined
  }
}

function seconds(duration: number): string {
  return `${Math.round(duration / 1000)} s`
}
