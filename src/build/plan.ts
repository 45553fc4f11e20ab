import type { CacheFacts } from '../cache/facts.ts'
import { type CachePlan, planCache } from '../cache/policy.ts'
import { flag } from '../docker/command.ts'
import { formatReference, type Reference } from '../registry/reference.ts'
import { planAttestations } from './attestations.ts'
import { type EngineFacts, isExported, planExports } from './exports.ts'
import type { BuildConfig } from './inputs.ts'
import { isQuery, optionFlags } from './options.ts'
import { isLoaded } from './outputs.ts'
import { POLICY_VARIABLE, sourcePolicy } from './rewrite.ts'
import { planSecrets, type SecretFile } from './secrets.ts'
import { planTargets, type Targets } from './targets.ts'

/** What has been found out about the machine and the registries before the build. */
export interface Facts {
  /** The words that call buildx. */
  readonly buildx: readonly string[]
  /** Name of the builder; the empty string before it is known. */
  readonly builder: string
  /** Its driver; undefined before it is known. */
  readonly driver: string | undefined
  /** A folder of this step's own for temporary files. */
  readonly temp: string
  /** Where buildx is to write what it says of the build. */
  readonly metadataFile: string
  /** What was found where the cache is kept; undefined before anybody has looked. */
  readonly cache: CacheFacts | undefined
  /** The engine; undefined when nobody asked or could say. */
  readonly engine: EngineFacts | undefined
  /** Address of this run of the workflow; the empty string for none. */
  readonly runUrl: string
}

/** The build as plain data. */
export interface BuildPlan {
  readonly command: readonly string[]
  /** A second build, of what is cached by then, that loads the image into the engine. */
  readonly loadCommand: readonly string[] | undefined
  /** Added to the environment of the commands where it does not say otherwise. */
  readonly env: Readonly<Record<string, string>>
  readonly metadataFile: string
  /** To be written before the command runs. */
  readonly files: readonly SecretFile[]
  readonly targets: Targets
  /** For the log. */
  readonly lines: readonly string[]
  readonly cache: CachePlan
}

/** Works out the one `buildx build` for a config. */
export function planBuild(config: BuildConfig, facts: Facts): BuildPlan {
  const { metadataFile } = facts
  const cache = planCache(config.cache, facts.cache, { noCache: config.noCache, exports: exportsCaches(facts) })
  const secrets = planSecrets(config.secrets, facts.temp)
  const targets = isQuery(config.options) ? { built: config.references, pushed: [], copies: [], byDigest: false } : planTargets(config)
  const policy = config.rewrites.length > 0 ? { path: `${facts.temp}/source-policy.json`, text: sourcePolicy(config.rewrites) } : undefined
  const attestations = planAttestations(config.attestations, {
    platforms: config.platforms.length,
    exported: isExported(config),
    loaded: config.load || config.outputs.some(isLoaded),
    hosts: [...new Set(targets.pushed.map(({ host }) => host))],
    reproducible: config.epoch !== undefined,
    runUrl: facts.runUrl,
    decided: config.params.some((word) => /^--(?:provenance|sbom|attest)\b/.test(word)),
  })
  const exports = planExports(config, {
    driver: facts.driver,
    engine: facts.engine,
    platforms: config.platforms,
    attested: attestations.flags.includes('--attest'),
    copied: targets.copies.length > 0,
    byDigest: targets.byDigest,
    rewritesTimes: config.epoch !== undefined,
    attributes: attestations.attributes,
  })
  const command = (own: Command) => [
    ...facts.buildx,
    'build',
    ...flag('--builder', facts.builder),
    ...flag('--progress', 'rawjson'),
    ...flag('--metadata-file', own.metadataFile),
    ...flag('--file', config.file),
    ...flag('--platform', own.platforms.join(',')),
    ...flag('--target', config.target),
    ...flag('--tag', own.references.map(formatReference)),
    ...flag('--build-arg', config.buildArgs),
    ...flag('--label', config.labels),
    ...flag('--annotation', config.annotations),
    ...flag('--cache-from', cache.from),
    ...own.flags,
    ...optionFlags(config.options),
    ...secrets.flags,
    ...config.params,
    config.context,
  ]
  const results = [...flag('--cache-to', cache.to), ...flag('--output', exports.outputs), ...attestations.flags]
  const anew = [...flag('--pull', config.pull), ...flag('--no-cache', config.noCache)]
  const { loadAfterwards } = exports
  return {
    command: command({
      platforms: config.platforms,
      references: targets.built,
      flags: isQuery(config.options) ? anew : [...anew, ...results],
      metadataFile,
    }),
    loadCommand: loadAfterwards
      ? command({
          platforms: loadAfterwards.platform === undefined ? config.platforms : [loadAfterwards.platform],
          references: config.references,
          flags: ['--load', '--provenance=false'],
          metadataFile: undefined,
        })
      : undefined,
    env: {
      // Provenance can take hundreds of kilobytes, and is in the registry where it is wanted.
      BUILDX_METADATA_PROVENANCE: 'disabled',
      ...(policy ? { [POLICY_VARIABLE]: policy.path } : {}),
      ...(config.epoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(config.epoch) }),
    },
    metadataFile,
    files: [...secrets.files, ...(policy ? [policy] : [])],
    targets,
    lines: [cache.line, attestations.line, exports.line].filter((line) => line !== undefined),
    cache,
  }
}

/** The classic image store cannot: https://docs.docker.com/build/cache/backends/#configuration */
function exportsCaches({ driver, engine }: Facts): boolean | undefined {
  if (driver === undefined || (driver === 'docker' && !engine)) return undefined
  return driver !== 'docker' || engine?.containerdStore
}

/** What the build and the load that follows it do not share. */
interface Command {
  readonly platforms: readonly string[]
  readonly references: readonly Reference[]
  readonly flags: readonly string[]
  readonly metadataFile: string | undefined
}

/**
 * The command for people to read: without our own flags, and without the values of build arguments, which can be secret.
 */
export function showCommand(command: readonly string[]): string {
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
