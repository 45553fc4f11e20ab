import { type InputReader, readBoolean } from '../runner/input.ts'
import { formatOutput, isImage, isLoaded, isPushed, type Output, readOutputs, withDefaults } from './outputs.ts'

/** Where the result is to go, and in which form. */
export interface ExportConfig {
  readonly push: boolean
  readonly load: boolean
  readonly outputs: readonly Output[]
  readonly compression: '' | 'gzip' | 'zstd' | 'estargz'
  readonly compressionLevel: string
}

/** What decides on the exporters beyond the inputs. */
export interface ExportSetting {
  /** The builder's driver; undefined when nobody could say. */
  readonly driver: string | undefined
  /** The engine that images are loaded into; undefined when nobody could say. */
  readonly engine: EngineFacts | undefined
  readonly platforms: readonly string[]
  /** Whether attestations are made, which make an index of any image. */
  readonly attested: boolean
  /** Whether the image gets names that the build itself does not give. */
  readonly copied: boolean
  /** Whether what is pushed gets no name at all from the build. */
  readonly byDigest: boolean
  /** Whether the times of all files are to be those of the commit. */
  readonly rewritesTimes: boolean
  /** For the exporters of images: what other parts of the plan ask of them. */
  readonly attributes: Readonly<Record<string, string>>
}

/** What has been found out about an engine. */
export interface EngineFacts {
  /** Whether its images are in containerd's store, which takes several platforms under one name. */
  readonly containerdStore: boolean
  /** The machine's own platform. */
  readonly platform: string
  /** Of the compiler that built the engine, such as `go1.26.1`. */
  readonly goVersion: string
}

export interface ExportPlan {
  /** For the flag `--output`. */
  readonly outputs: readonly string[]
  /** Of a second, cached build that loads, where one build cannot do all; its platform is undefined for all platforms. */
  readonly loadAfterwards: { readonly platform: string | undefined } | undefined
  readonly line: string | undefined
}

const LEVELS: Readonly<Record<string, number>> = { gzip: 9, estargz: 9, zstd: 22 }

/**
 * Reads the inputs push, load, outputs, compression and compression-level.
 *
 * @throws Error that names the input
 */
export function readExports(input: InputReader): ExportConfig {
  const compression = input('compression').trim().toLowerCase()
  const compressionLevel = input('compression-level').trim()
  if (compression !== '' && compression !== 'gzip' && compression !== 'zstd' && compression !== 'estargz') {
    throw new Error(`input compression: "${compression}" is not known; write gzip, zstd or estargz`)
  }
  const highest = LEVELS[compression || 'gzip'] ?? 0
  if (compressionLevel !== '' && (!/^\d{1,2}$/.test(compressionLevel) || Number(compressionLevel) > highest)) {
    throw new Error(`input compression-level: must be a number from 0 to ${highest} for ${compression || 'gzip'}`)
  }
  return {
    push: readBoolean(input, 'push', false),
    load: readBoolean(input, 'load', false),
    outputs: readOutputs(input),
    compression,
    compressionLevel,
  }
}

/**
 * Works out the exporters.
 *
 * What is pushed is neither stored nor unpacked in the engine unless it is to be loaded as well, which saves a third of the
 * time for a large layer.
 *
 * @throws Error when the engine is known not to survive what was asked for
 */
export function planExports(config: ExportConfig, setting: ExportSetting): ExportPlan {
  refuseCrash(config, setting)
  const inEngine = setting.driver === 'docker'
  const load = config.load && !config.outputs.some(isLoaded)
  const push = config.push && !config.outputs.some(({ type }) => type === 'image' || type === 'registry')
  const isIndex = setting.platforms.length > 1 || setting.attested
  const narrow = load && !inEngine && isIndex && setting.engine?.containerdStore === false
  // Times are rewritten on the way out, but not of what the engine unpacks.
  const afterwards = load && (narrow || setting.copied || (push && inEngine && setting.rewritesTimes))
  // Two exporters into one engine get in each other's way ("already exists"), and one can do both.
  const both = load && push && inEngine && !afterwards
  const outputs = [
    ...config.outputs.map((output) => pushed(output, config.push)),
    ...(push ? [output('image', { push: 'true', ...(both ? {} : NOT_STORED), ...(setting.byDigest ? BY_DIGEST : {}) })] : []),
    ...(load && !both && !afterwards ? [output('docker', {})] : []),
    ...(afterwards && !push && config.outputs.length === 0 ? [output('cacheonly', {})] : []),
  ]
  const times: Record<string, string> = setting.rewritesTimes ? { 'rewrite-timestamp': 'true' } : {}
  const attributes = { ...layers(config), ...setting.attributes, ...times }
  const attributesOf = (each: Output) => (!isImage(each) ? {} : !isLoaded(each) ? attributes : inEngine ? {} : times)
  return {
    outputs: outputs.map((each) => formatOutput(withDefaults(each, attributesOf(each)))),
    loadAfterwards: afterwards ? { platform: narrow ? setting.engine?.platform : undefined } : undefined,
    line:
      narrow && setting.platforms.length > 1
        ? `Load: ${setting.engine?.platform} alone, since the engine's image store holds one platform of an image; the containerd image store holds all`
        : undefined,
  }
}

/** Whether the build's result leaves the machine as an image, to a registry or into a file. */
export function isExported({ push, outputs }: Pick<ExportConfig, 'push' | 'outputs'>): boolean {
  return push || outputs.some((output) => isPushed(output) || (isImage(output) && output.attributes.has('dest')))
}

/** Whether the image ends up among the engine's own, for an engine that builds itself or is loaded into. */
export function isKept({ push, load, outputs }: Pick<ExportConfig, 'push' | 'load' | 'outputs'>): boolean {
  return load || outputs.some(isLoaded) || (!push && outputs.length === 0)
}

/** Whether it matters what the engine is. */
export function asksEngine(config: ExportConfig): boolean {
  return isKept(config) || asksEstargz(config)
}

const NOT_STORED = { store: 'false', unpack: 'false' }
const BY_DIGEST = { 'push-by-digest': 'true', 'name-canonical': 'true' }

function output(type: string, attributes: Readonly<Record<string, string>>): Output {
  return { type, attributes: new Map(Object.entries(attributes)) }
}

/** The switch `push` also pushes the images that are outputs anyway, as with `buildx build --push --output type=image`. */
function pushed(output: Output, push: boolean): Output {
  if (output.type !== 'image' || !push) return output
  return { type: 'image', attributes: new Map([...output.attributes, ['push', 'true']]) }
}

/** @see https://docs.docker.com/build/exporters/#compression */
function layers({ compression, compressionLevel }: ExportConfig): Record<string, string> {
  return {
    ...(compression === '' ? {} : { compression }),
    // Docker's own media types have no name for these layers.
    ...(compression === 'zstd' || compression === 'estargz' ? { 'oci-mediatypes': 'true' } : {}),
    // Only layers of this form can be loaded lazily, those of the base too.
    ...(compression === 'estargz' ? { 'force-compression': 'true' } : {}),
    ...(compressionLevel === '' ? {} : { 'compression-level': compressionLevel }),
  }
}

/** @see https://github.com/containerd/stargz-snapshotter/issues/2330 */
function refuseCrash(config: ExportConfig, { driver, engine }: ExportSetting): void {
  const [, minor] = /^go1\.(\d+)/.exec(engine?.goVersion ?? '') ?? []
  if (!asksEstargz(config) || driver !== 'docker' || minor === undefined || Number(minor) < 27) return
  throw new Error(
    `input compression: estargz crashes this engine, which was built with ${engine?.goVersion}; write zstd or gzip, or build with driver: docker-container`,
  )
}

function asksEstargz({ compression, outputs }: Pick<ExportConfig, 'compression' | 'outputs'>): boolean {
  return compression === 'estargz' || outputs.some(({ attributes }) => attributes.get('compression') === 'estargz')
}
