import { flag } from '../docker/command.ts'
import type { ExecResult } from '../docker/exec.ts'
import { formatReference, type Reference } from '../registry/reference.ts'
import type { EngineEndpoint } from './endpoint.ts'
import { isPassing, lastLine, tried } from './faults.ts'
import type { BuilderConfig } from './inputs.ts'
import { emulator, missingPlatforms } from './platforms.ts'

/** What is to be installed; no architectures means that nothing is. */
export interface EmulationPlan {
  readonly architectures: readonly string[]
  /** Platforms that nothing can be installed for. */
  readonly impossible: readonly string[]
}

/**
 * Works out which emulators a build needs.
 *
 * @param asked the platforms of the build, normalised
 * @param served what the builder reports
 */
export function planEmulation(asked: readonly string[], served: readonly string[], qemu: BuilderConfig['qemu']): EmulationPlan {
  const missing = missingPlatforms(asked, served)
  const wanted = qemu === 'always' ? asked : qemu === 'auto' ? missing : []
  // A builder names the platform of its own processor first.
  const native = served[0] === undefined ? undefined : emulator(served[0])
  const architectures = wanted.map(emulator).filter((each) => each !== undefined && each !== native)
  return {
    architectures: [...new Set(architectures)] as string[],
    impossible: missing.filter((platform) => [undefined, native].includes(emulator(platform))),
  }
}

export interface InstallDeps {
  readonly endpoint: EngineEndpoint
  readonly signal: AbortSignal
  readonly info: (line: string) => void
  /** Runs a command, noted so that a killed step can be cleaned up after. */
  readonly exec: (command: readonly string[]) => Promise<ExecResult>
}

/**
 * Installs emulators: one privileged run of the binfmt image, tried again after a passing fault. What has been registered is
 * the kernel's to say, since the image ends well also when it could not install anything.
 *
 * @param images where to take the image from, the best first
 * @param container the name of its container
 * @returns the platforms that the image sees served afterwards; none where it does not say
 * @throws Error that names the image and what to do
 * @see https://github.com/tonistiigi/binfmt
 */
export async function installEmulators(
  architectures: readonly string[],
  images: readonly Reference[],
  { container, deps }: { container: string; deps: InstallDeps },
): Promise<string[]> {
  let said = ''
  for (const image of images.map(formatReference)) {
    const command = emulationCommand(architectures, { image, container, endpoint: deps.endpoint })
    const result = await tried(
      () => deps.exec(command),
      ({ exitCode, stderr }) => exitCode !== 0 && isPassing(stderr),
      {
        signal: deps.signal,
        onAgain: ({ stderr }, pause) =>
          deps.info(`Emulation: ${image} could not be run (${lastLine(stderr)}); trying again in ${pause / 1000} s`),
      },
    )
    if (deps.signal.aborted) throw new Error('emulation: cancelled')
    if (result.exitCode === 0) return readSupported(result.stdout)
    said = lastLine(result.stderr)
    deps.info(`Emulation: ${image} could not be run (${said})`)
  }
  throw new Error(
    `emulation: the image ${images.map(formatReference).join(', ')} could not be run to install ${architectures.join(', ')} (${said}); check that the engine can pull it and may run privileged containers, name another in the input qemu-image, or install the emulators on the machine and set qemu: never`,
  )
}

/** What the image says at its end: `{"supported": ["linux/amd64", …], "emulators": […]}`. */
export function readSupported(stdout: string): string[] {
  try {
    const { supported } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { supported?: unknown }
    return Array.isArray(supported) ? supported.map(String) : []
  } catch {
    return []
  }
}

/** The command that installs emulators. */
export function emulationCommand(
  architectures: readonly string[],
  { image, container, endpoint }: { image: string; container: string; endpoint: EngineEndpoint },
): string[] {
  return [
    'docker',
    ...flag('--context', endpoint.context === 'default' ? undefined : endpoint.context),
    'run',
    '--rm',
    '--privileged',
    ...flag('--network', 'none'),
    ...flag('--name', container),
    image,
    ...flag('--install', architectures.join(',')),
  ]
}
