import { flag } from '../docker/command.ts'
import { splitWords } from '../text/words.ts'
import type { BuilderConfig, Driver } from './inputs.ts'
import type { BuildNeeds } from './needs.ts'
import type { NodeSetting } from './nodes.ts'
import { flagEntitlements } from './store.ts'

/** One node with all that buildx is to be told of it. */
export interface PlannedNode {
  readonly name: string
  readonly endpoint: string
  readonly platforms: readonly string[]
  readonly driverOpts: readonly string[]
  readonly buildkitdFlags: string
}

/** A builder to be made. */
export interface PlannedBuilder {
  readonly name: string
  readonly driver: Exclude<Driver, 'docker'>
  /** Path of BuildKit's configuration; undefined for none. */
  readonly configFile: string | undefined
  readonly nodes: readonly PlannedNode[]
}

/**
 * The commands that make a builder, one for each node.
 *
 * @param buildx the words that call buildx
 * @see https://docs.docker.com/reference/cli/docker/buildx/create/
 */
export function createCommands({ name, driver, configFile, nodes }: PlannedBuilder, buildx: readonly string[]): string[][] {
  return nodes.map((node, index) => [
    ...buildx,
    'create',
    ...flag('--name', name),
    ...flag('--driver', driver),
    ...flag('--append', index > 0),
    ...flag('--node', node.name),
    ...flag('--driver-opt', node.driverOpts),
    ...flag('--buildkitd-flags', node.buildkitdFlags),
    // The older name of --buildkitd-config, which every version takes.
    ...flag('--config', configFile),
    ...flag('--platform', node.platforms.join(',')),
    ...(node.endpoint === '' ? [] : [node.endpoint]),
  ])
}

/**
 * The nodes of a builder: the first from the inputs, then those of the input append. With the remote driver and no endpoint,
 * the first of append is the first of all.
 *
 * @param tlsOptions driver options with the certificates, by the number of the node
 * @param endpoint where the first node runs, where the inputs do not say
 */
export function planNodes(
  config: BuilderConfig,
  name: string,
  driver: PlannedBuilder['driver'],
  { needs, tlsOptions, endpoint }: { needs: BuildNeeds; tlsOptions: readonly (readonly string[])[]; endpoint: string },
): PlannedNode[] {
  return settings(config, driver).map((node, index) => ({
    name: node.name || `${name}${index}`,
    endpoint: node.endpoint || (index === 0 ? endpoint : ''),
    platforms: node.platforms,
    driverOpts: [...node.driverOpts, ...(tlsOptions[index] ?? [])],
    buildkitdFlags: driver === 'remote' ? '' : withEntitlements(node.buildkitdFlags, needs.entitlements),
  }))
}

/** The nodes as the inputs describe them. */
export function settings(config: BuilderConfig, driver: PlannedBuilder['driver']): NodeSetting[] {
  const { endpoint, driverOpts, buildkitdFlags, append } = config
  if (driver === 'remote' && endpoint === '') return append.map((node) => ({ ...node, driverOpts: [...driverOpts, ...node.driverOpts] }))
  return [{ name: '', endpoint, platforms: [], driverOpts, buildkitdFlags, ca: '', cert: '', key: '' }, ...append]
}

/** Flags of buildkitd with those entitlements allowed that the build asks for, and no others of our own. */
function withEntitlements(flags: string, entitlements: readonly string[]): string {
  const allowed = flagEntitlements(splitWords(flags))
  const further = entitlements.filter((each) => !allowed.includes(each)).map((each) => `--allow-insecure-entitlement=${each}`)
  return [flags, ...further].filter((each) => each !== '').join(' ')
}
