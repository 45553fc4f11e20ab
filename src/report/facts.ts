import type { Step } from '../docker/progress.ts'
import type { Excerpt } from './excerpt.ts'
import type { Warning } from './warnings.ts'

/** All that a report tells of one build. */
export interface BuildFacts {
  /** One line that says what went wrong; undefined for success. */
  readonly failure: string | undefined
  /** The names of the image, with their tags. */
  readonly tags: readonly string[]
  readonly digest: string | undefined
  /** `repository@digest`, the empty string where nothing was pushed. */
  readonly image: string
  readonly pushed: boolean
  readonly loaded: boolean
  /** What was pushed for each platform; empty when nothing was. */
  readonly platforms: readonly PlatformImage[]
  /** The platform of a build for one alone, whose steps then have names without it; undefined for several, or when unknown. */
  readonly only: string | undefined
  readonly steps: readonly Step[]
  readonly warnings: readonly Warning[]
  /** What failed, where the Dockerfile tells. */
  readonly excerpt: Excerpt | undefined
  /** How long it took, in seconds. */
  readonly seconds: number
}

/** The image of one platform. */
export interface PlatformImage {
  readonly platform: string
  readonly digest: string
  /** What a machine downloads: the compressed layers and the configuration, in bytes; undefined where that is not known. */
  readonly size: number | undefined
}
