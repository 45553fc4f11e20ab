import { formatPlatform, parsePlatform } from '../registry/platform.ts'

/**
 * The platforms asked for that a builder does not serve.
 *
 * A list serves a platform that it holds, a smaller variant of one that it holds for amd64 (v3 runs v2) and for 32-bit arm
 * (v7 runs v6), as containerd matches them.
 *
 * @param asked normalised, such as `linux/arm/v7`
 * @param served as a builder reports them
 * @see https://github.com/containerd/platforms/blob/main/compare.go
 */
export function missingPlatforms(asked: readonly string[], served: readonly string[]): string[] {
  const known = new Set(served.flatMap(readServed).flatMap(smaller))
  return asked.filter((platform) => !known.has(platform))
}

/** The architecture to ask the binfmt image for, or undefined where it has no emulator. */
export function emulator(platform: string): string | undefined {
  const { os, architecture } = parsePlatform(platform)
  return os === 'linux' && EMULATORS.includes(architecture) ? architecture : undefined
}

// https://github.com/tonistiigi/binfmt/blob/master/cmd/binfmt/config.go
const EMULATORS = ['amd64', 'arm64', 'arm', 's390x', 'ppc64le', 'riscv64', '386', 'mips64le', 'mips64', 'loong64']

const LADDERS: Readonly<Record<string, readonly string[]>> = {
  'linux/amd64': ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v3', 'linux/amd64/v4'],
  'linux/arm': ['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v7'],
}

/** Builders also report platforms that are not known here; those are kept as they are. */
function readServed(text: string): string[] {
  try {
    return [formatPlatform(parsePlatform(text))]
  } catch {
    return [text.trim()]
  }
}

function smaller(platform: string): readonly string[] {
  const ladder = Object.values(LADDERS).find((steps) => steps.includes(platform))
  return ladder ? ladder.slice(0, ladder.indexOf(platform) + 1) : [platform]
}
