import { parseReference, type Reference } from '../registry/reference.ts'
import type { SolveStatus } from './progress.ts'

/**
 * The names whose push ended with an event, with the digest that each of them was to have: known also of a build that
 * failed, where the last of them may be the one that was refused, and of each exporter where there are several.
 *
 * @see https://github.com/moby/buildkit/blob/master/util/push/push.go for the status
 */
export function pushedReferences({ statuses = [] }: SolveStatus): Reference[] {
  return statuses.flatMap(({ id, completed }) => {
    const [, name] = /^pushing manifest for (\S+@sha256:[0-9a-f]{64})$/.exec(id) ?? []
    if (name === undefined || completed === undefined) return []
    try {
      return [parseReference(name)]
    } catch {
      return []
    }
  })
}

/** The digest that a name was pushed with; undefined when it was not. */
export function digestOf({ host, path, tag }: Reference, pushed: readonly Reference[]): string | undefined {
  return pushed.findLast((each) => each.host === host && each.path === path && each.tag === tag)?.digest
}
