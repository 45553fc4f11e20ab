import { commitDirectory, removeWork } from './directory.ts'
import type { CacheFacts } from './facts.ts'
import { cacheWarning } from './faults.ts'
import type { CachePlan } from './policy.ts'
import type { CacheFault } from './watch.ts'

/**
 * Puts away what a good build has left of its cache; after any other, only clears up. Never fails.
 *
 * @param faults what was wrong with the cache until then
 * @returns the one warning about the cache, or undefined
 */
export async function keepCache(
  plan: Pick<CachePlan, 'name' | 'fault' | 'write'>,
  facts: Pick<CacheFacts, 'folder'> | undefined,
  { good, faults }: { readonly good: boolean; readonly faults: readonly CacheFault[] },
): Promise<string | undefined> {
  const all = [...faults]
  const folder = facts?.folder
  if (folder?.usable) {
    try {
      if (good && plan.write) await commitDirectory(folder)
    } catch (error) {
      all.push({ part: 'written', reason: error instanceof Error ? error.message : String(error) })
    }
    // What stays is swept by the next job.
    await removeWork(folder.path).catch(() => undefined)
  }
  return good ? cacheWarning(plan, all) : undefined
}
