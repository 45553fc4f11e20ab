import { formatReference, type Reference } from '../registry/reference.ts'

/** What the user asked of the cache. */
export type CacheConfig =
  | { readonly kind: 'none' }
  | { readonly kind: 'registry'; readonly reference: Reference; readonly mode: 'max' | 'min' }

/** The flags for the build, and one line for the log that says what is read and written. */
export interface CachePlan {
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly line: string | undefined
}

/** The tag of the remote cache where none is given. @see https://help.aliyun.com/zh/yunxiao/ for the convention followed */
export const CACHE_TAG = 'flow-docker-build-cache'

/**
 * Works out the cache flags.
 *
 * The export can never fail the build (`ignore-error`), and is written as an OCI image manifest, which ECR and Quay need
 * from older BuildKits: https://docs.docker.com/build/cache/backends/registry/
 *
 * @param config what was asked for
 * @param exists whether there is such a cache yet; undefined when that could not be found out
 */
export function planCache(config: CacheConfig, exists: boolean | undefined): CachePlan {
  switch (config.kind) {
    case 'none':
      return { from: [], to: [], line: undefined }
    case 'registry': {
      const ref = formatReference(config.reference)
      const to = [`type=registry,ref=${ref},mode=${config.mode},image-manifest=true,oci-mediatypes=true,ignore-error=true`]
      // BuildKit prints an ERROR for a cache that is not there, so an absent one is left out.
      if (exists === false) return { from: [], to, line: `Cache: ${ref} does not exist yet; it is written after this build` }
      return { from: [`type=registry,ref=${ref}`], to, line: `Cache: read from and written to ${ref}` }
    }
  }
}
