import { parseReference, type Reference } from '../registry/reference.ts'
import type { Env } from '../runner/env.ts'
import { type InputReader, named, readBoolean } from '../runner/input.ts'
import { splitLines } from '../text/list.ts'
import { secretTexts } from './certificates.ts'
import { type NodeSetting, parseNodes } from './nodes.ts'
import { parseRegistries, type RegistrySetting } from './registries.ts'

export type Driver = 'docker' | 'docker-container' | 'kubernetes' | 'remote'

/** What the user asked of the builder and of emulation, checked. */
export interface BuilderConfig {
  /** An existing builder; the empty string for none. */
  readonly builder: string
  readonly driver: Driver | 'auto'
  readonly name: string
  readonly driverOpts: readonly string[]
  readonly buildkitdFlags: string
  /** Path of a file; the empty string for none. */
  readonly buildkitdConfig: string
  readonly buildkitdConfigInline: string
  readonly registries: readonly RegistrySetting[]
  readonly endpoint: string
  /** PEM texts or paths, for the first node and for those further ones that bring none. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string }
  readonly append: readonly NodeSetting[]
  readonly keepState: boolean
  readonly cleanup: boolean
  /** `1.2.3`, `latest`, or the empty string for whichever is there. */
  readonly version: string
  /** Base address of buildx's releases; the empty string for the project's own. */
  readonly mirror: string
  readonly qemu: 'auto' | 'always' | 'never'
  readonly qemuImage: Reference
}

/** The image that installs emulators: a release, since `latest` moves. @see https://github.com/tonistiigi/binfmt/releases */
export const QEMU_IMAGE = 'tonistiigi/binfmt:qemu-v10.2.3-68'

const DRIVERS: readonly string[] = ['auto', 'docker', 'docker-container', 'kubernetes', 'remote']
// https://github.com/docker/buildx/blob/master/store/util.go
const NAME = /^[a-zA-Z][a-zA-Z0-9._-]*$/
/** Inputs that only a builder of our own can follow. */
const MAKING = [
  'name',
  'driver-opts',
  'buildkitd-flags',
  'buildkitd-config',
  'buildkitd-config-inline',
  'registry-config',
  'endpoint',
  'append',
]
const TLS = ['tls-ca', 'tls-cert', 'tls-key']

/**
 * Reads and checks the inputs that concern the builder.
 *
 * @throws Error that names the input, says what is wrong and what to write
 */
export function readBuilderInputs(input: InputReader): BuilderConfig {
  const given = (name: string) => input(name).trim()
  const driver = oneOf('driver', given('driver') || 'auto', DRIVERS) as BuilderConfig['driver']
  const config: BuilderConfig = {
    builder: given('builder'),
    driver,
    name: given('name').toLowerCase(),
    driverOpts: named('driver-opts', () => splitLines(input('driver-opts'))),
    buildkitdFlags: given('buildkitd-flags'),
    buildkitdConfig: given('buildkitd-config'),
    buildkitdConfigInline: given('buildkitd-config-inline'),
    registries: named('registry-config', () => parseRegistries(input('registry-config'))),
    endpoint: given('endpoint'),
    tls: { ca: given('tls-ca'), cert: given('tls-cert'), key: given('tls-key') },
    append: named('append', () => parseNodes(input('append'))),
    keepState: readBoolean(input, 'keep-state', false),
    cleanup: readBoolean(input, 'cleanup', true),
    version: readVersion(given('version')),
    mirror: readMirror(given('buildx-mirror')),
    qemu: oneOf('qemu', given('qemu') || 'auto', ['auto', 'always', 'never']) as BuilderConfig['qemu'],
    qemuImage: named('qemu-image', () => parseReference(given('qemu-image') || QEMU_IMAGE)),
  }
  checkTogether(config, (name) => given(name) !== '')
  return config
}

/** The keys among the inputs and in the environment: they are to be masked before anything else. */
export function builderSecrets({ tls, append, registries }: BuilderConfig, env: Env): string[] {
  const pairs = registries.flatMap(({ keypairs }) => keypairs)
  return secretTexts(
    [tls, ...append, ...pairs].map(({ key }) => key),
    env,
  )
}

function checkTogether(config: BuilderConfig, isGiven: (name: string) => boolean): void {
  const { builder, driver, keepState } = config
  const making = [...MAKING, ...TLS].find(isGiven)
  if (builder !== '' && making !== undefined) {
    throw new Error(`input ${making}: cannot be used with builder, which names one that exists already; leave one of the two out`)
  }
  if (builder !== '' && driver !== 'auto') throw new Error('input driver: cannot be used with builder; leave one of the two out')
  if (driver === 'docker' && making !== undefined) {
    throw new Error(
      `input ${making}: has no effect on the docker driver, which builds in the engine itself; write driver: docker-container`,
    )
  }
  if (keepState && (builder !== '' || (driver !== 'auto' && driver !== 'docker-container'))) {
    throw new Error('input keep-state: only a builder made with the docker-container driver keeps its state; leave it out')
  }
  if (config.name !== '' && (!NAME.test(config.name) || config.name === 'default')) {
    throw new Error('input name: must begin with a letter, hold only letters, digits, ".", "_" and "-", and not be "default"')
  }
  if (config.buildkitdConfig !== '' && config.buildkitdConfigInline !== '') {
    throw new Error('input buildkitd-config-inline: cannot be used with buildkitd-config; leave one of the two out')
  }
  if (driver === 'remote') {
    if (config.endpoint === '' && config.append.length === 0) {
      throw new Error('input endpoint: the remote driver needs the address of a BuildKit, such as tcp://buildkit.example.com:1234')
    }
    const ours = MAKING.slice(2, 6).find(isGiven)
    if (ours !== undefined) throw new Error(`input ${ours}: has no effect on a remote BuildKit, which has its own; leave it out`)
  } else if (driver !== 'auto' && TLS.some(isGiven)) {
    throw new Error(`input ${TLS.find(isGiven)}: is used by the remote driver alone; write driver: remote`)
  }
  if (driver === 'kubernetes' && config.endpoint !== '') {
    throw new Error('input endpoint: is not used by the kubernetes driver, which takes the cluster from KUBECONFIG; leave it out')
  }
}

function readVersion(text: string): string {
  if (text === '' || text === 'latest') return text
  const version = /^v?(\d+\.\d+\.\d+(?:-[\w.]+)?)$/.exec(text)?.[1]
  if (version === undefined) throw new Error(`input version: "${text}" is no release of buildx; write it as 0.36.1, or latest`)
  return version
}

function readMirror(text: string): string {
  if (text === '') return ''
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new Error('input buildx-mirror: must be an address such as https://mirror.example.com/docker/buildx/releases')
  }
  return text.replace(/\/+$/, '')
}

function oneOf(name: string, value: string, allowed: readonly string[]): string {
  if (!allowed.includes(value)) throw new Error(`input ${name}: "${value}" is not known; write ${allowed.join(', ')}`)
  return value
}
