import type { BuilderConfig, Driver } from './inputs.ts'
import type { BuildNeeds } from './needs.ts'

/** The builder that buildx would use by itself, or that the user names. */
export interface ExistingBuilder {
  readonly name: string
  readonly driver: string
  /** Of the docker driver: whether the engine keeps its images in containerd's store; undefined when nobody could say. */
  readonly containerdStore?: boolean | undefined
  /** What its BuildKit was started to allow; undefined when that cannot be known, as of a remote one. */
  readonly entitlements?: readonly string[]
}

/** What is to be done, with the one line of the log that says why. */
export type BuilderChoice =
  | { readonly kind: 'reuse'; readonly name: string; readonly driver: string; readonly line: string }
  | { readonly kind: 'create'; readonly driver: Exclude<Driver, 'docker'>; readonly line: string }

/**
 * Decides between the builder that is there and a new one.
 *
 * @param existing undefined when there is none, or nobody could say
 * @throws Error that names the input when what was asked for cannot do what the build asks
 */
export function chooseBuilder(config: BuilderConfig, existing: ExistingBuilder | undefined, needs: BuildNeeds): BuilderChoice {
  if (config.builder !== '') return reuseNamed(config.builder, existing, needs)
  if (config.driver === 'docker') return reuseEngine(existing, needs)
  if (config.driver !== 'auto')
    return { kind: 'create', driver: config.driver, line: `a ${config.driver} builder, as the input driver asks` }
  const remote = /^(?:tcp|unix|docker-container|kube-pod|ssh):\/\//.test(config.endpoint) && config.tls.ca !== ''
  const asking = makingInput(config)
  if (remote) return { kind: 'create', driver: 'remote', line: 'a remote builder, since endpoint and tls-ca name one' }
  if (asking !== undefined)
    return {
      kind: 'create',
      driver: 'docker-container',
      line: `a docker-container builder of its own, since the input ${asking} asks for one`,
    }
  if (!existing) return { kind: 'create', driver: 'docker-container', line: 'a docker-container builder, since there is no other' }
  const lacks = lacking(existing, needs)
  if (lacks.length > 0) {
    return {
      kind: 'create',
      driver: 'docker-container',
      line: `a docker-container builder, since ${label(existing)} cannot do ${lacks.join(', ')}`,
    }
  }
  return {
    kind: 'reuse',
    name: existing.name,
    driver: existing.driver,
    line: `${label(existing)} is used: it can do all that this build asks`,
  }
}

/**
 * What a builder cannot do of what a build asks, platforms apart.
 *
 * @see https://docs.docker.com/build/builders/drivers/ and https://github.com/docker/buildx/blob/master/build/opt.go
 */
export function lacking({ driver, containerdStore, entitlements }: ExistingBuilder, needs: BuildNeeds): string[] {
  if (driver !== 'docker') {
    return entitlements ? needs.entitlements.filter((each) => !entitlements.includes(each)).map((each) => `the entitlement ${each}`) : []
  }
  // An engine allows network.host by itself and security.insecure only when its own configuration says so.
  // https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file (builder.entitlements)
  const never = [
    ...needs.outputs.filter((output) => output === 'push-by-digest').map(() => 'a push by digest'),
    ...needs.entitlements.filter((each) => each !== 'network.host').map((each) => `the entitlement ${each}`),
  ]
  if (containerdStore === true) return never
  return [
    ...(needs.platforms.length > 1 ? ['several platforms'] : []),
    ...needs.cacheExports.map((type) => `a ${type} cache`),
    ...(needs.attestations ? ['attestations'] : []),
    ...needs.outputs.filter((output) => output !== 'push-by-digest').map((output) => `the output ${output}`),
    ...never,
  ]
}

/** The input that only a builder of our own can follow, if there is one. */
function makingInput(config: BuilderConfig): string | undefined {
  if (config.name !== '') return 'name'
  if (config.keepState) return 'keep-state'
  if (config.driverOpts.length > 0) return 'driver-opts'
  if (config.buildkitdFlags !== '') return 'buildkitd-flags'
  if (config.buildkitdConfig !== '') return 'buildkitd-config'
  if (config.buildkitdConfigInline !== '') return 'buildkitd-config-inline'
  if (config.registries.length > 0) return 'registry-config'
  if (config.endpoint !== '') return 'endpoint'
  return config.append.length > 0 ? 'append' : undefined
}

function reuseNamed(name: string, existing: ExistingBuilder | undefined, needs: BuildNeeds): BuilderChoice {
  if (!existing) throw new Error(`input builder: there is no builder "${name}"; see "docker buildx ls", or leave the input out`)
  const lacks = lacking(existing, needs)
  if (lacks.length > 0) {
    throw new Error(
      `input builder: ${label(existing)} cannot do ${lacks.join(', ')}, which this build asks for; name another, or leave the input out`,
    )
  }
  return { kind: 'reuse', name, driver: existing.driver, line: `${label(existing)} is used, as the input builder asks` }
}

function reuseEngine(existing: ExistingBuilder | undefined, needs: BuildNeeds): BuilderChoice {
  if (existing?.driver !== 'docker') throw new Error('input driver: there is no docker engine to build in; write driver: auto')
  const lacks = lacking(existing, needs)
  if (lacks.length > 0) {
    throw new Error(
      `input driver: ${label(existing)} cannot do ${lacks.join(', ')}, which this build asks for; write driver: auto, or switch the engine to the containerd image store`,
    )
  }
  return { kind: 'reuse', name: existing.name, driver: 'docker', line: `${label(existing)} is used, as the input driver asks` }
}

function label({ name, driver, containerdStore }: ExistingBuilder): string {
  const store = containerdStore === undefined ? '' : containerdStore ? ', containerd image store' : ', classic image store'
  return `the builder ${name} (${driver} driver${store})`
}
