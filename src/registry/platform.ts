/** A platform as an image index names it. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

// https://go.dev/doc/install/source#environment and https://github.com/containerd/platforms/blob/main/database.go
const ARCHITECTURES = [
  '386',
  'amd64',
  'arm',
  'arm64',
  'loong64',
  'mips',
  'mipsle',
  'mips64',
  'mips64le',
  'ppc64',
  'ppc64le',
  'riscv64',
  's390x',
  'wasm',
]
const OSES = ['linux', 'darwin', 'freebsd', 'netbsd', 'openbsd', 'wasip1', 'wasi']
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['x86-64', 'amd64'],
  ['i386', '386'],
  ['i486', '386'],
  ['i586', '386'],
  ['i686', '386'],
  ['aarch64', 'arm64'],
  ['armhf', 'arm/v7'],
  ['armel', 'arm/v6'],
])

/**
 * Reads a platform such as `linux/arm64`, `linux/arm/v7` or `arm64`, normalised as containerd does: `aarch64` is `arm64`,
 * `arm` is `arm/v7`, `arm64/v8` and `amd64/v1` lose their variant.
 *
 * @param text the platform as the user wrote it
 * @returns its parts
 * @throws Error that says what is unknown and which value is meant, where one is near
 * @see https://github.com/containerd/platforms/blob/main/platforms.go
 */
export function parsePlatform(text: string): Platform {
  const parts = text.trim().toLowerCase().split('/')
  const bare = parts.length === 1
  const os = bare ? 'linux' : (parts[0] ?? '')
  if (os === 'windows') throw new Error(`"${text}": Windows images cannot be built here; use linux/… platforms`)
  if (!OSES.includes(os)) throw new Error(`"${text}" names an unknown operating system; write it as linux/amd64`)
  const named = (bare ? parts[0] : parts[1]) ?? ''
  const [architecture = '', aliased] = (ALIASES.get(named) ?? named).split('/')
  if (!ARCHITECTURES.includes(architecture) || parts.length > 3) {
    throw new Error(`"${text}" names an unknown architecture; known are ${ARCHITECTURES.join(', ')}`)
  }
  const variant = normalVariant(architecture, parts[2] ?? aliased)
  if (variant !== undefined && !/^v?[\w.]+$/.test(variant)) throw new Error(`"${text}" has an invalid variant; write it as linux/arm/v7`)
  return { os, architecture, ...(variant === undefined ? {} : { variant }) }
}

/** The platform as buildx writes it: `linux/arm64`, `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`
}

function normalVariant(architecture: string, variant: string | undefined): string | undefined {
  if (architecture === 'arm') return variant === undefined || variant === '' ? 'v7' : /^\d$/.test(variant) ? `v${variant}` : variant
  if (variant === undefined || variant === '') return undefined
  if (architecture === 'arm64' && /^v?8$/.test(variant)) return undefined
  if (architecture === 'amd64' && variant === 'v1') return undefined
  return variant
}
