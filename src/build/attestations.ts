import { type InputReader, named } from '../runner/input.ts'
import { joinFields, splitFields } from '../text/csv.ts'
import { splitLines } from '../text/list.ts'

/** What was asked for, as it was written: `true`, `false`, attributes, or the empty string. */
export interface AttestationConfig {
  readonly provenance: string
  readonly sbom: string
  readonly attests: readonly string[]
}

/** What decides on attestations beyond the inputs. */
export interface AttestationSetting {
  readonly platforms: number
  /** Whether an image leaves the machine, to a registry or into a file. */
  readonly exported: boolean
  /** Whether the image goes into the engine, whose older stores know no attestations. */
  readonly loaded: boolean
  /** Hosts of the registries that are pushed to. */
  readonly hosts: readonly string[]
  /** Whether the same source must give the same digest: provenance tells the time. */
  readonly reproducible: boolean
  /** Address of this run, which names the builder; the empty string when there is none. */
  readonly runUrl: string
  /** Whether flags of the user's own decide. */
  readonly decided: boolean
}

export interface AttestationPlan {
  readonly flags: readonly string[]
  /** Attributes for the exporters of images. */
  readonly attributes: Readonly<Record<string, string>>
  readonly line: string | undefined
}

/** Reads the inputs provenance, sbom and attests. @throws Error that names the input */
export function readAttestations(input: InputReader): AttestationConfig {
  const attests = named('attests', () => splitLines(input('attests')))
  for (const attest of attests) {
    if (typeOf(named('attests', () => splitFields(attest))) === undefined) {
      throw new Error('input attests: an entry has no type; write it as type=sbom,generator=image')
    }
  }
  return { provenance: shorthand(input, 'provenance'), sbom: shorthand(input, 'sbom'), attests }
}

/**
 * Works out the attestations.
 *
 * Asked for, they are made as asked. By default an index of several platforms carries a minimal provenance; an image of one
 * platform stays the plain image that it is, since provenance would make an index of it, which some consumers refuse.
 *
 * @see https://docs.docker.com/build/metadata/attestations/
 */
export function planAttestations(config: AttestationConfig, setting: AttestationSetting): AttestationPlan {
  const refusing = setting.hosts.filter(refusesArtifacts)
  const asked = askedFor(config, setting.runUrl)
  const isMade = asked.some((attest) => !/(?:^|,)disabled=true(?:,|$)/.test(attest))
  const attributes: Record<string, string> = refusing.length > 0 && (isMade || setting.decided) ? { 'oci-artifact': 'false' } : {}
  const flags = asked.flatMap((attest) => ['--attest', attest])
  const line =
    isMade && refusing.length > 0
      ? `Attestations: in their older form, since ${refusing.join(', ')} rejects them as OCI artifacts`
      : undefined
  if (setting.decided) return { flags, attributes, line }
  if (asked.some((attest) => typeOf(splitFields(attest)) === 'provenance')) return { flags, attributes, line }

  const fits = setting.platforms > 1 && setting.exported && !setting.loaded && !setting.reproducible
  if (!fits) return { flags: [...flags, '--provenance=false'], attributes, line }
  if (refusing.length > 0) {
    const reason = `${refusing.join(', ')} rejects their newer form, and the older one was not asked for`
    return {
      flags: [...flags, '--provenance=false'],
      attributes,
      line: line ?? `Attestations: none by default, since ${reason}; set provenance: true to have it`,
    }
  }
  // As buildx does by default, with the builder named: https://docs.docker.com/build/metadata/attestations/slsa-provenance/
  return {
    flags: [...flags, '--attest', joinFields(['type=provenance', 'mode=min', 'inline-only=true', ...builderId(setting.runUrl)])],
    attributes,
    line,
  }
}

/**
 * Whether a registry is known to reject attestations that are OCI artifacts, as BuildKit writes them from 0.32 on
 * (`unknown manifest class for application/vnd.oci.empty.v1+json`).
 */
export function refusesArtifacts(host: string): boolean {
  return /(?:^|\.)aliyuncs\.com(?::\d+)?$/i.test(host)
}

/** Provenance and SBOM by their own inputs win over those of the input attests. */
function askedFor({ provenance, sbom, attests }: AttestationConfig, runUrl: string): string[] {
  const others = attests.filter((attest) => {
    const type = typeOf(splitFields(attest))
    return !(type === 'provenance' && provenance !== '') && !(type === 'sbom' && sbom !== '')
  })
  return [
    ...(provenance === '' ? [] : [withBuilder(['type=provenance', ...fieldsOf(provenance)], runUrl)]),
    ...(sbom === '' ? [] : [joinFields(['type=sbom', ...fieldsOf(sbom)])]),
    ...others.map((attest) => {
      const fields = splitFields(attest).flatMap(fieldsOf)
      return typeOf(fields) === 'provenance' ? withBuilder(fields, runUrl) : joinFields(fields)
    }),
  ]
}

function withBuilder(fields: readonly string[], runUrl: string): string {
  const named = fields.some((field) => /^(?:builder-id=|disabled=true$)/.test(field))
  return joinFields([...fields, ...(named ? [] : builderId(runUrl))])
}

function builderId(runUrl: string): string[] {
  return runUrl === '' ? [] : [`builder-id=${runUrl}`]
}

/** A switch stands for the attestation as such: `false` turns it off. */
function fieldsOf(text: string): string[] {
  if (/^true$/i.test(text)) return []
  if (/^false$/i.test(text)) return ['disabled=true']
  return splitFields(text)
}

function typeOf(fields: readonly string[]): string | undefined {
  return fields.map((field) => /^\s*type=(.+)$/i.exec(field)?.[1]).find((type) => type !== undefined)
}

function shorthand(input: InputReader, name: string): string {
  const text = input(name).trim()
  const fields = named(name, () => fieldsOf(text))
  if (fields.some((field) => field !== '' && !/^[\w-]+=/.test(field))) {
    throw new Error(`input ${name}: must be true, false, or attributes such as ${name === 'sbom' ? 'generator=image' : 'mode=max'}`)
  }
  return text
}
