import { randomBytes } from 'node:crypto'
import { dockerConfigDir, type Env } from '../runner/env.ts'
import { describe } from '../runner/log.ts'
import { chooseBuilder } from './choose.ts'
import { installEmulators, planEmulation } from './emulation.ts'
import { currentEndpoint } from './endpoint.ts'
import { EngineClient } from './engine.ts'
import { findExisting, inspect } from './existing.ts'
import { isOwnKernel, readHandlers, servedNow } from './handlers.ts'
import { imageSources } from './images.ts'
import type { BuilderConfig } from './inputs.ts'
import type { BuilderNode, InspectedBuilder } from './inspect.ts'
import { builderName } from './name.ts'
import type { BuildNeeds } from './needs.ts'
import { formatOwner, thisOwner } from './owner.ts'
import { missingPlatforms } from './platforms.ts'
import { Recorder } from './recorder.ts'
import { newRecordPath, recordRoot } from './records.ts'
import { buildxConfigDir } from './store.ts'
import { sweep } from './sweep.ts'
import { findTool } from './tool.ts'
import { engineWorkers } from './workers.ts'
import type { Workshop } from './workshop.ts'

export interface PrepareDeps {
  readonly env: Env
  readonly signal: AbortSignal
  /** A folder of this step's own. */
  readonly temp: string
  /** Told where the record lies, before anything is made: for post. */
  readonly onRecord: (path: string) => void
  readonly info: (line: string) => void
  readonly group: Workshop['group']
}

/** A builder that can do what the build asks. */
export interface PreparedBuilder {
  /** The words that call buildx. */
  readonly buildx: readonly string[]
  readonly name: string
  readonly driver: string
  readonly nodes: readonly BuilderNode[]
  /** To be added to the environment when buildx reads or names something in a registry by itself. */
  readonly env: Readonly<Record<string, string>>
  /** Ends when what jobs before left behind has been removed; never rejects. */
  readonly swept: Promise<void>
}

/**
 * Sets up what a build asks for and is not there: buildx itself, emulators, a builder.
 *
 * @throws Error that names the input or the part, and says what to do
 */
export async function prepareBuilder(config: BuilderConfig, needs: BuildNeeds, deps: PrepareDeps): Promise<PreparedBuilder> {
  const { info } = deps
  const shop = await openWorkshop(config, needs, deps)
  const swept = sweepBehind(shop)
  const existing = await findExisting(shop).catch((fault: unknown) => {
    // With another builder asked for, the engine may be missing.
    if (config.builder === '' && ['kubernetes', 'remote'].includes(config.driver)) return undefined
    throw new Error(`builder: ${describe(fault)}`, { cause: fault })
  })
  const choice = chooseBuilder(config, existing, needs)
  const name = choice.kind === 'reuse' ? choice.name : builderName(shop, choice.driver)
  info(`Builder: ${choice.kind === 'reuse' ? choice.line : `${name} is made: ${choice.line}`}`)
  const built =
    choice.kind === 'reuse'
      ? await reuse(shop, existing?.inspected, { name, onEngine: existing?.onEngine ?? false })
      : await make(shop, choice.driver, name)
  return { buildx: shop.buildx, name, driver: built.driver || choice.driver, nodes: built.nodes, env: await trust(shop), swept }
}

async function openWorkshop(config: BuilderConfig, needs: BuildNeeds, deps: PrepareDeps): Promise<Workshop> {
  const { env, signal, temp, info, group } = deps
  const configDir = dockerConfigDir(env)
  const engine = new EngineClient(await currentEndpoint(configDir, env))
  const workers = engineWorkers(engine)
  workers.catch(() => undefined)
  const ownKernel = needs.platforms.length > 0 ? isOwnKernel(engine) : Promise.resolve(false)
  const handlers = async () => ((await ownKernel) ? readHandlers() : undefined)
  const [tool, owner] = await Promise.all([findTool(config.version, config.mirror, { configDir, temp, env, info }), thisOwner()])
  if (tool.line !== undefined) info(tool.line)
  const root = recordRoot(env)
  const recorder = new Recorder(
    newRecordPath(root),
    { owner: formatOwner(owner), created: Date.now(), buildx: tool.command, env: placeOf(env), ...engine.endpoint },
    deps.onRecord,
  )
  const buildxDir = buildxConfigDir(configDir, env)
  return {
    config,
    needs,
    env,
    signal,
    info,
    group,
    buildx: tool.command,
    configDir,
    buildxDir,
    root,
    owner,
    recorder,
    engine,
    workers: () => workers,
    handlers,
  }
}

/** What post needs to find the same engine and the same files of buildx's. */
function placeOf(env: Env): Record<string, string> {
  const names = [
    'DOCKER_HOST',
    'DOCKER_CONTEXT',
    'DOCKER_CONFIG',
    'DOCKER_TLS_VERIFY',
    'DOCKER_TLS',
    'DOCKER_CERT_PATH',
    'BUILDX_CONFIG',
    'KUBECONFIG',
  ]
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}

/** Runs beside everything else, since nobody waits for it. */
function sweepBehind({ engine, recorder, root, env, info }: Workshop): Promise<void> {
  return sweep(engine.endpoint, recorder.path, { root, env, warn: info }).then(
    (lines) => lines.forEach(info),
    () => undefined,
  )
}

async function reuse(shop: Workshop, known: InspectedBuilder | undefined, { name, onEngine }: { name: string; onEngine: boolean }) {
  const look = async () => {
    const { result, inspected } = await inspect(shop, name, { bootstrap: true })
    const fault = inspected.error ?? inspected.nodes.find(({ error }) => error !== undefined)?.error
    if (result.exitCode !== 0 || fault !== undefined) {
      throw new Error(
        `builder: ${name} cannot be used (${fault ?? result.stderr.trim().split('\n').at(-1)}); see "docker buildx inspect --bootstrap ${name}"`,
      )
    }
    return inspected
  }
  const built = known ?? (await look())
  const emulated = onEngine ? await emulate(shop, platformsOf(built)) : []
  return { ...built, nodes: await checkServed(shop, built, { name, onEngine, emulated }) }
}

/** Emulation and booting run side by side: the engine's kernel is also that of a container in it. */
async function make(shop: Workshop, driver: 'docker-container' | 'kubernetes' | 'remote', name: string): Promise<InspectedBuilder> {
  const onEngine = driver === 'docker-container' && shop.config.endpoint === '' && shop.config.append.length === 0
  const before = onEngine ? await shop.workers().catch(() => undefined) : undefined
  // Only here: the libraries behind it would slow down every start.
  const { makeBuilder } = await import('./make.ts')
  const [made, beside] = await Promise.allSettled([makeBuilder(shop, driver, name), before ? emulate(shop, before.platforms) : []])
  if (made.status === 'rejected') throw made.reason
  if (beside.status === 'rejected') throw beside.reason
  const built = made.value
  const emulated = onEngine && !before ? await emulate(shop, platformsOf(built)) : beside.value
  return { ...built, nodes: await checkServed(shop, built, { name, onEngine, emulated }) }
}

async function trust(shop: Workshop): Promise<Readonly<Record<string, string>>> {
  if (!shop.config.registries.some(({ ca }) => ca.length > 0)) return {}
  const { trustEnv } = await import('./plan.ts')
  return trustEnv(shop)
}

/** @returns what the installer sees served, when it had to run */
async function emulate(shop: Workshop, reported: readonly string[]): Promise<string[]> {
  const { config, needs, env, signal, info, engine, recorder, owner, configDir } = shop
  if (needs.platforms.length === 0) return []
  const { architectures } = planEmulation(needs.platforms, servedNow(reported, await shop.handlers()), config.qemu)
  if (architectures.length === 0) return []
  const container = `manifold-binfmt-${formatOwner(owner)}-${randomBytes(4).toString('hex')}`
  const images = await imageSources(config.qemuImage, config.registries, configDir, env)
  await recorder.add({ containers: [container] })
  const exec = (command: readonly string[]) => recorder.exec(command, { env, signal })
  const served = await installEmulators(architectures, images, { container, deps: { endpoint: engine.endpoint, signal, info, exec } })
  info(`Emulation: installed for ${architectures.join(', ')}`)
  return served
}

/**
 * Checks before the build starts that every platform asked for is served.
 *
 * @returns the nodes with what they serve now
 * @throws Error that names the platforms
 */
async function checkServed(
  { config, needs, handlers }: Workshop,
  { nodes }: InspectedBuilder,
  { name, onEngine, emulated }: { name: string; onEngine: boolean; emulated: readonly string[] },
): Promise<readonly BuilderNode[]> {
  const registered = onEngine && needs.platforms.length > 0 ? await handlers() : undefined
  const now = nodes.map((node) => ({ ...node, platforms: servedNow([...new Set([...ownFirst(node), ...emulated])], registered) }))
  const missing = missingPlatforms(
    needs.platforms,
    now.flatMap(({ platforms }) => platforms),
  )
  if (missing.length === 0) return now
  const why = !onEngine
    ? 'add a node for it in the input append, or install its emulator where the builder runs'
    : config.qemu === 'never'
      ? 'write qemu: auto, or install its emulator on the machine of the engine'
      : 'there is no emulator for it, or the kernel did not take it: leave it out of the input platforms, or name another installer in qemu-image'
  throw new Error(`platforms: the builder ${name} does not serve ${missing.join(', ')}; ${why}`)
}

function platformsOf({ nodes }: InspectedBuilder): string[] {
  return nodes.flatMap(ownFirst)
}

/** What a node was made for stands first; behind it comes its own processor. */
function ownFirst({ platforms, fixed }: BuilderNode): string[] {
  return [...platforms.filter((platform) => !fixed.includes(platform)), ...fixed]
}
