import type { Env } from '../runner/env.ts'
import type { Event } from '../runner/event.ts'
import type { Trigger } from '../runner/trigger.ts'

/** What rules are worked out with: the same scope gives the same tags and labels. */
export interface Scope {
  readonly event: Event
  /** Tags in git, for judging which release is the newest; empty where they are not known. */
  readonly gitTags: readonly string[]
  readonly now: Date
  /** The time that counts as the image's creation; undefined where neither the commit's nor another one is known. */
  readonly created: Date | undefined
  /** The time zone for dates that name none. */
  readonly zone: string
  /** Characters of a short commit id. */
  readonly shortSha: number
  /** The levels of annotations that name none, such as `manifest`. */
  readonly levels: readonly string[]
}

const SHORT_SHA = 7

/**
 * Gathers what rules are worked out with.
 *
 * @param zone the time zone for dates that name none
 * @throws Error that names an environment variable and says what it must be
 * @see https://github.com/docker/metadata-action#environment-variables
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
export function makeScope({ event, gitTags }: Trigger, env: Env, { now, zone }: { now: Date; zone: string }): Scope {
  const epoch = readNumber(env, 'SOURCE_DATE_EPOCH')
  return {
    event,
    gitTags,
    now,
    created: epoch === undefined ? event.commitTime : new Date(epoch * 1000),
    zone,
    shortSha: readNumber(env, 'DOCKER_METADATA_SHORT_SHA_LENGTH') ?? SHORT_SHA,
    levels: (env.DOCKER_METADATA_ANNOTATIONS_LEVELS || 'manifest').split(',').map((level) => level.trim()),
  }
}

function readNumber(env: Env, name: string): number | undefined {
  const text = env[name]?.trim() ?? ''
  if (text === '') return undefined
  if (!/^\d{1,12}$/.test(text)) throw new Error(`environment variable ${name}: must be a number`)
  return Number(text)
}
