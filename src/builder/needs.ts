/** What a build asks of its builder. */
export interface BuildNeeds {
  /** Normalised; empty for the builder's own. */
  readonly platforms: readonly string[]
  /** The kinds of cache that are written, such as `registry`; `inline` is part of the image and asks for nothing. */
  readonly cacheExports: readonly string[]
  readonly attestations: boolean
  /** Exporters and options that not every builder has: `oci`, `docker` (into a file), `push-by-digest`. */
  readonly outputs: readonly string[]
  /** Such as `network.host` and `security.insecure`. */
  readonly entitlements: readonly string[]
}

/**
 * Reads off the commands of a build what they ask of a builder, so that it does not matter which input a flag came from.
 *
 * @param commands `buildx build` with its arguments, once for each build
 * @see https://github.com/docker/buildx/blob/master/build/opt.go for what buildx refuses on which builder
 */
export function needsOf(commands: readonly (readonly string[])[]): BuildNeeds {
  const flags = commands.flatMap(readFlags)
  const values = (...names: string[]) => flags.filter(({ name }) => names.includes(name)).map(({ value }) => value)
  const outputs = values('--output', '-o').map(fields)
  const hostNetwork = values('--network').includes('host') ? ['network.host'] : []
  return {
    platforms: unique(
      values('--platform')
        .flatMap((list) => list.split(','))
        .filter((each) => each !== ''),
    ),
    cacheExports: unique(
      values('--cache-to')
        .map(cacheType)
        .filter((type) => type !== 'inline'),
    ),
    attestations: values('--provenance', '--sbom').some((value) => value !== 'false') || values('--attest').some(isAttestation),
    outputs: unique(outputs.flatMap(outputNeeds)),
    entitlements: unique([
      ...values('--allow')
        .flatMap((list) => list.split(','))
        .map(entitlement),
      ...hostNetwork,
    ]),
  }
}

const FLAGS = /^(--(?:platform|cache-to|output|attest|provenance|sbom|allow|network)|-o)(?:=(.*))?$/s

function readFlags(command: readonly string[]): { name: string; value: string }[] {
  const found: { name: string; value: string }[] = []
  for (let at = 0; at < command.length; at++) {
    const [, name, attached] = FLAGS.exec(command[at] ?? '') ?? []
    if (name !== undefined) found.push({ name, value: attached ?? command[++at] ?? '' })
  }
  return found
}

/** The fields of a CSV value, as far as they are `key=value`. */
function fields(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(',').map((field) =>
    field
      .trim()
      .replace(/^"(.*)"$/s, '$1')
      .split('='),
  )
  return new Map(pairs.map(([key = '', ...rest]) => [key.toLowerCase(), rest.join('=')]))
}

/** A bare reference stands for a registry cache. */
function cacheType(text: string): string {
  return fields(text).get('type') ?? 'registry'
}

function isAttestation(text: string): boolean {
  return fields(text).get('disabled') !== 'true'
}

function outputNeeds(output: ReadonlyMap<string, string>): string[] {
  const type = output.get('type')
  const needs = output.get('push-by-digest') === 'true' ? ['push-by-digest'] : []
  if (type === 'oci') needs.push('oci')
  if (type === 'docker' && output.has('dest')) needs.push('docker')
  return needs
}

/** `device=…` and the like name an entitlement and what of it is meant. */
function entitlement(text: string): string {
  return text.trim().split('=', 1)[0] ?? ''
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)]
}
