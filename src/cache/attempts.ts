import { setTimeout as sleep } from 'node:timers/promises'
import type { Step } from '../docker/progress.ts'
import { cacheFaults, layerFault } from './faults.ts'
import type { CachePlan } from './policy.ts'
import { type CacheFault, CacheWatch } from './watch.ts'

/** How a build ended, as far as its cache is concerned. */
export interface Attempt {
  readonly failure: string | undefined
  readonly steps: readonly Step[]
  readonly plain: readonly string[]
}

export interface AttemptOptions {
  /** In seconds; see the input cache-timeout. */
  readonly patience: number
  /** Aborted when the user has cancelled: then nothing is tried again. */
  readonly signal: AbortSignal
  readonly info: (line: string) => void
}

/** One that fails for its reading, one for its writing, and one that still met what the first had left in the builder. */
const TRIES = 4
/** So long, in milliseconds, a builder may hold on to a build that was given up: another one that has steps in common joins it. */
const LET_GO = 1000

/**
 * Builds, and builds again without the cache where the cache was what ended the build, or kept it waiting: what has been built
 * by then is still in the builder, so that the second try takes little.
 *
 * @param command `buildx build` with its arguments
 * @param build runs a command; what it gets of the build's events goes to the watch
 * @returns how the last try ended, and what was wrong with the cache
 */
export async function buildWithCache<Result extends Attempt>(
  command: readonly string[],
  plan: Pick<CachePlan, 'name'>,
  build: (command: readonly string[], watch: CacheWatch) => Promise<Result>,
  { patience, signal, info }: AttemptOptions,
): Promise<{ readonly result: Result; readonly faults: readonly CacheFault[] }> {
  const faults: CacheFault[] = []
  let words = command
  let stalledAt: number | undefined
  for (let tries = 1; ; tries++) {
    const watch = new CacheWatch(patience * 1000, stalledAt)
    const result = await build(words, watch)
    faults.push(...cacheFaults(result.steps))
    if (result.failure === undefined || signal.aborted) return { result, faults }
    if (watch.fault?.blocked) return { result: { ...result, failure: blockedBy(plan) }, faults }
    const fault = watch.fault ?? layerFault(result.steps, result.plain)
    const rest = fault && without(words, fault, watch.fault !== undefined)
    if (!fault || !rest || tries === TRIES) return { result, faults }
    faults.push(fault)
    info(`Cache${plan.name === '' ? '' : ` ${plan.name}`}: not ${fault.part}, since ${fault.reason}; the build goes on without it`)
    words = rest
    if (watch.fault?.part === 'read') await sleep(LET_GO)
    stalledAt = watch.fault?.part === 'read' ? Date.now() : undefined
  }
}

/** BuildKit 0.32 and engine 28: seen with a registry that takes the request for a cache's manifest and never answers. */
function blockedBy({ name }: Pick<CachePlan, 'name'>): string {
  return `build: the builder waits for the cache ${name}, whose registry does not answer, and builds nothing until that connection ends; restart the builder, or leave the cache out`
}

/** The command without the part of the cache that is at fault; a registry that keeps a build waiting is left alone altogether. */
function without(command: readonly string[], { part }: CacheFault, stalled: boolean): string[] {
  if (part === 'read') return leaveOut(command, stalled ? ['--cache-from', '--cache-to'] : ['--cache-from'])
  // All is built and pushed by then: what is wanted is the result, from what the builder has.
  return leaveOut(command, ['--cache-to', '--no-cache', '--no-cache-filter', '--pull'])
}

const WITHOUT_VALUE = new Set(['--no-cache', '--pull'])

function leaveOut(command: readonly string[], names: readonly string[]): string[] {
  const rest: string[] = []
  for (let at = 0; at < command.length; at++) {
    const word = command[at] ?? ''
    if (!names.includes(word.split('=', 1)[0] ?? '')) rest.push(word)
    else if (!word.includes('=') && !WITHOUT_VALUE.has(word)) at++
  }
  return rest
}
