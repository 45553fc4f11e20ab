import { parse, stringify, type TomlTable } from 'smol-toml'
import type { RegistrySetting } from './registries.ts'

/** The certificates that a setting names, in the order in which {@link registriesToml} asks for their files. */
export function certificateTexts({ ca, keypairs }: RegistrySetting): string[] {
  return [...ca, ...keypairs.flatMap(({ key, cert }) => [key, cert])]
}

/**
 * BuildKit's configuration with the settings of registries in it.
 *
 * @param base a configuration to start from; the empty string for none
 * @param fileOf gives the path of the file that holds a certificate
 * @returns TOML
 * @throws Error with the line when the base is not TOML
 */
export function registriesToml(base: string, settings: readonly RegistrySetting[], fileOf: (certificate: string) => string): string {
  const config = parseToml(base)
  const before = isTable(config.registry) ? config.registry : {}
  const own = settings.map(({ host, mirrors, http, insecure, ca, keypairs }) => [
    host,
    {
      ...(isTable(before[host]) ? before[host] : {}),
      ...(mirrors.length > 0 ? { mirrors: [...mirrors] } : {}),
      ...(http === undefined ? {} : { http }),
      ...(insecure ? { insecure } : {}),
      ...(ca.length > 0 ? { ca: ca.map(fileOf) } : {}),
      ...(keypairs.length > 0 ? { keypair: keypairs.map(({ key, cert }) => ({ key: fileOf(key), cert: fileOf(cert) })) } : {}),
    },
  ])
  return stringify(own.length === 0 ? config : { ...config, registry: { ...before, ...(Object.fromEntries(own) as TomlTable) } })
}

function parseToml(toml: string): TomlTable {
  try {
    return parse(toml)
  } catch (cause) {
    const line = cause instanceof Error && 'line' in cause ? ` (line ${cause.line})` : ''
    // The parser's message shows the lines around the fault.
    throw new Error(`is not valid TOML${line}; see https://docs.docker.com/build/buildkit/toml-configuration/`)
  }
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
