import type { Step } from '../docker/progress.ts'
import type { CachePlan } from './policy.ts'
import { type CacheFault, EXPORTS, IMPORTS } from './watch.ts'

/** What the steps of a build tell of its cache. */
export function cacheFaults(steps: readonly Step[]): CacheFault[] {
  return steps.flatMap(({ name, error }): CacheFault[] => {
    if (error === undefined || error.endsWith('context canceled')) return []
    if (EXPORTS.test(name)) return [{ part: 'written', reason: shorten(error) }]
    // One that is not there yet is what a first run meets, where the user has named it in cache-from.
    return IMPORTS.test(name) && !/: not found$/.test(error) ? [{ part: 'read', reason: shorten(error) }] : []
  })
}

/**
 * What may have ended a build: a layer of its cache that could not be had. BuildKit takes a step for cached before it fetches
 * the step's layer, and ends the build when it cannot. The layer of a base image fails in the same words, so this only says
 * that the build is worth another try without the cache; undefined for any other end.
 */
export function layerFault(steps: readonly Step[], plain: readonly string[]): CacheFault | undefined {
  const imported = steps.some(({ name, completed, error }) => IMPORTS.test(name) && completed && error === undefined)
  if (!imported) return undefined
  const errors = [...steps.map(({ error = '' }) => error), ...plain.filter((line) => /^(?:ERROR|error): /.test(line))]
  const found = errors.find((error) => !/did not complete successfully: exit code/.test(error) && MISSING_LAYER.test(error))
  return found === undefined ? undefined : { part: 'read', reason: shorten(found) }
}

const MISSING_LAYER =
  /httpReadSeeker|could not fetch content descriptor|short read: expected|unexpected commit (?:digest|size)|failed to get reader from content store|unexpected EOF/

/**
 * The one warning that a step gives about its cache; undefined when all is well.
 *
 * @param faults in the order in which they came; of the same part the first counts
 */
export function cacheWarning({ name, fault }: Pick<CachePlan, 'name' | 'fault'>, faults: readonly CacheFault[]): string | undefined {
  const told = [false, true].flatMap((mounts) =>
    (['read', 'written'] as const).flatMap((part) => {
      const first = faults.find((each) => each.part === part && (each.mounts ?? false) === mounts)
      return first ? [`${mounts ? 'the cache mounts were' : 'it was'} not ${part} (${first.reason})`] : []
    }),
  )
  const all = fault === undefined ? told : [fault, ...told]
  return all.length === 0 ? undefined : `Cache${name === '' ? '' : ` ${name}`}: ${all.join('; ')}. The build does not depend on it`
}

/** The end of a chain of causes says most: the address and the status. */
function shorten(error: string): string {
  const line = error.replaceAll(/\s*\n\s*/g, ' ').trim()
  const [last] = /(?:unexpected status from|failed to do request:|could not fetch|no space left|maximum timeout).*$/.exec(line) ?? []
  // What stands after an upload's address is its state, which is long and different each time.
  return (last ?? line).replaceAll(/\?_state=[^\s:"]+/g, '').slice(0, 300)
}
