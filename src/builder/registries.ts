import { canonicalHost, type Reference } from '../registry/reference.ts'
import { flagged, isMap, known, parseYaml, text, texts, type YamlMap } from './yaml.ts'

/** How BuildKit reaches one registry. Certificates are PEM texts or paths of files with them. */
export interface RegistrySetting {
  readonly host: string
  readonly mirrors: readonly string[]
  /** Whether plain HTTP is spoken; undefined leaves it to BuildKit, which does so on the loopback interface. */
  readonly http: boolean | undefined
  /** HTTPS whose certificate is not checked. */
  readonly insecure: boolean
  readonly ca: readonly string[]
  readonly keypairs: readonly { readonly key: string; readonly cert: string }[]
}

/**
 * Reads the input registry-config: a mapping from host to settings.
 *
 * @throws Error that names the host and the field
 * @see https://docs.docker.com/build/buildkit/toml-configuration/
 */
export function parseRegistries(yaml: string): RegistrySetting[] {
  const parsed = parseYaml(yaml)
  if (parsed === undefined) return []
  if (!isMap(parsed)) throw new Error('is not a mapping; begin each entry with the registry\'s host, such as "docker.io:"')
  return Object.entries(parsed).map(([host, value]) => {
    if (!/^[\w.-]+(?::\d+)?(?:\/[\w./-]+)?$|^\[[\da-f:]+\](?::\d+)?$/i.test(host)) {
      throw new Error(`"${host}" is not a registry's host; write it as registry.example.com:5000, without https://`)
    }
    try {
      return readSetting(host, value)
    } catch (cause) {
      throw new Error(`${host}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  })
}

/**
 * Where to look for an image that is pulled outside of BuildKit, so that mirrors count for it as well.
 *
 * @returns the image at each mirror of its registry; the image itself is not among them
 */
export function mirroredReferences(image: Reference, settings: readonly RegistrySetting[]): Reference[] {
  const setting = settings.find(({ host }) => canonicalHost(host) === image.host)
  return (setting?.mirrors ?? []).map((mirror) => {
    const slash = mirror.indexOf('/')
    const prefix = slash < 0 ? '' : `${mirror.slice(slash + 1).replace(/\/$/, '')}/`
    return { ...image, host: slash < 0 ? mirror : mirror.slice(0, slash), path: `${prefix}${image.path}` }
  })
}

function readSetting(host: string, value: unknown): RegistrySetting {
  if (!isMap(value)) throw new Error('has no settings; give mirrors, http, insecure, ca or keypair')
  known(value, ['mirrors', 'http', 'insecure', 'ca', 'keypair'])
  const pairs = value.keypair === undefined ? [] : Array.isArray(value.keypair) ? value.keypair : [value.keypair]
  return {
    host,
    mirrors: texts(value, 'mirrors').map((mirror) => {
      if (/^\w+:\/\//.test(mirror)) throw new Error(`mirror "${mirror}": write the host without ${mirror.replace(/:\/\/.*/, '://')}`)
      return mirror.replace(/\/$/, '')
    }),
    // Who gives certificates means HTTPS, on the loopback interface as well.
    http: value.http !== undefined ? flagged(value, 'http') : value.ca !== undefined || pairs.length > 0 ? false : undefined,
    insecure: flagged(value, 'insecure'),
    ca: texts(value, 'ca'),
    keypairs: pairs.map((pair: unknown) => readPair(isMap(pair) ? pair : {})),
  }
}

function readPair(pair: YamlMap): { key: string; cert: string } {
  known(pair, ['key', 'cert'])
  const [key, cert] = [text(pair, 'key'), text(pair, 'cert')]
  if (key === '' || cert === '') throw new Error('keypair: needs both key and cert')
  return { key, cert }
}
