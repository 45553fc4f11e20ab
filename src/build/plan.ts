import { type CachePlan, planCache } from '../cache/policy.ts'
import { flag } from '../docker/command.ts'
import { formatReference } from '../registry/reference.ts'
import type { BuildConfig } from './inputs.ts'
import { optionFlags } from './options.ts'
import { planSecrets, type SecretFile } from './secrets.ts'

/** What has been found out about the machine and the registries before the build. */
export interface Facts {
  /** The words that call buildx. */
  readonly buildx: readonly string[]
  /** The name of the builder. */
  readonly builder: string
  /** A folder of this step's own for temporary files. */
  readonly temp: string
  /** Whether the registry cache is there; undefined when that could not be found out. */
  readonly cacheExists: boolean | undefined
}

/** The build as plain data. */
export interface BuildPlan {
  readonly command: readonly string[]
  /** Added to the environment of the command where it does not say otherwise. */
  readonly env: Readonly<Record<string, string>>
  readonly metadataFile: string
  /** To be written before the command runs. */
  readonly secretFiles: readonly SecretFile[]
  readonly cache: CachePlan
}

/** Works out the one `buildx build` for a config. */
export function planBuild(config: BuildConfig, facts: Facts): BuildPlan {
  const metadataFile = `${facts.temp}/metadata.json`
  const cache = planCache(config.cache, facts.cacheExists)
  const secrets = planSecrets(config.secrets, facts.temp)
  const command = [
    ...facts.buildx,
    'build',
    ...flag('--builder', facts.builder),
    ...flag('--progress', 'rawjson'),
    ...flag('--metadata-file', metadataFile),
    ...flag('--file', config.file),
    ...flag('--platform', config.platforms.join(',')),
    ...flag('--target', config.target),
    ...flag('--tag', config.references.map(formatReference)),
    ...flag('--build-arg', config.buildArgs),
    ...flag('--label', config.labels),
    ...flag('--cache-from', [...cache.from, ...config.cacheFrom]),
    ...flag('--cache-to', [...cache.to, ...config.cacheTo]),
    ...flag('--pull', config.pull),
    ...flag('--no-cache', config.noCache),
    ...flag('--push', config.push),
    ...flag('--load', config.load),
    ...optionFlags(config.options),
    ...secrets.flags,
    ...attestations(config.params),
    ...config.params,
    config.context,
  ]
  // Provenance in the metadata can take hundreds of kilobytes, too many for an output that goes into an environment.
  return { command, env: { BUILDX_METADATA_PROVENANCE: 'disabled' }, metadataFile, secretFiles: secrets.files, cache }
}

/**
 * The command for people to read: without our own flags, and without the values of build arguments, which can be secret.
 */
export function showCommand({ command }: BuildPlan): string {
  const hidden = new Set(['--progress', '--metadata-file'])
  const words: string[] = ['docker', 'buildx']
  for (let at = command.indexOf('build'); at < command.length; at++) {
    const word = command[at] ?? ''
    if (hidden.has(word)) at++
    else if (command[at - 1] === '--build-arg') words.push(word.replace(/=.*/s, '=…'))
    else words.push(/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
  }
  return words.join(' ')
}

/** No attestation unless asked for: then a tag for one platform is a plain image, and the same content has the same digest. */
function attestations(params: readonly string[]): string[] {
  return params.some((word) => /^--(?:provenance|sbom|attest)\b/.test(word)) ? [] : ['--provenance=false']
}
