import { exec } from '../docker/exec.ts'
import type { ExistingBuilder } from './choose.ts'
import { EngineError } from './engine.ts'
import { lastLine } from './faults.ts'
import { type InspectedBuilder, parseInspect } from './inspect.ts'
import { allowedEntitlements, currentName, storedBuilder } from './store.ts'
import type { Workshop } from './workshop.ts'

/** A builder that is there, with what has been learnt of its nodes on the way. */
export interface FoundBuilder extends ExistingBuilder {
  readonly inspected?: InspectedBuilder
  /** Whether it builds on this engine, whose emulators are then its own. */
  readonly onEngine: boolean
}

/**
 * Looks at the builder that the inputs name, or that buildx would take. Files and the engine's socket say it; buildx is only
 * asked for an engine that cannot be spoken to directly.
 *
 * @returns undefined when there is no builder of that name
 * @throws EngineError when the engine is needed and does not answer
 */
export async function findExisting(shop: Workshop): Promise<FoundBuilder | undefined> {
  const { config, env, engine, buildxDir } = shop
  const { context, host } = engine.endpoint
  const name = config.driver === 'docker' ? context : config.builder || (await currentName(buildxDir, engine.endpoint, env))
  const stored = await storedBuilder(buildxDir, name)
  if (stored && config.driver !== 'docker') {
    const { driver, nodes } = stored
    const onEngine = driver === 'docker-container' && nodes.every(({ endpoint }) => [host, context].includes(endpoint))
    // What the user names is taken at his word: a configuration of BuildKit's can allow more than its flags say.
    const known = driver === 'docker-container' && config.builder === ''
    return { name: stored.name, driver, onEngine, ...(known ? { entitlements: allowedEntitlements(stored) } : {}) }
  }
  if (name !== context) return undefined
  return engineBuilder(shop)
}

/**
 * Asks buildx about a builder.
 *
 * @param bootstrap whether to start it when it does not run
 * @throws Error that names the builder
 */
export async function inspect(shop: Workshop, name: string, { bootstrap, print }: { bootstrap: boolean; print?: (line: string) => void }) {
  const { buildx, env, signal } = shop
  const command = [...buildx, 'inspect', ...(bootstrap ? ['--bootstrap'] : []), name]
  const options = { env, signal, ...(print ? { onStderrLine: print } : {}) }
  const result = await (bootstrap ? shop.recorder.exec(command, options) : exec(command, options))
  if (signal.aborted) throw new Error(`builder: cancelled (${signal.reason})`)
  return { result, inspected: parseInspect(result.stdout) }
}

/** The engine's own builder, which is named after the context. */
async function engineBuilder(shop: Workshop): Promise<FoundBuilder> {
  const { context: name, host } = shop.engine.endpoint
  const driver = 'docker'
  try {
    const { platforms, containerdStore, labels, buildkit } = await shop.workers()
    const node = { name, endpoint: name, status: 'running', driverOpts: [], buildkitdFlags: '', buildkit, platforms, fixed: [], labels }
    return { name, driver, onEngine: true, containerdStore, inspected: { name, driver, nodes: [node] } }
  } catch (cause) {
    if (cause instanceof EngineError && shop.engine.direct) throw cause
    const { result, inspected } = await inspect(shop, name, { bootstrap: false })
    const fault = inspected.error ?? inspected.nodes[0]?.error ?? (result.exitCode === 0 ? undefined : lastLine(result.stderr))
    if (fault !== undefined)
      throw new Error(`the docker engine at ${host} does not answer (${fault}): start it, or check DOCKER_HOST and the current context`, {
        cause,
      })
    const labels = inspected.nodes[0]?.labels ?? {}
    return { name, driver, onEngine: true, containerdStore: 'org.mobyproject.buildkit.worker.snapshotter' in labels, inspected }
  }
}
