import { exec, StartError } from '../docker/exec.ts'
import { findBuildx } from '../docker/plugin.ts'
import { configPath, parseConfig, readConfigText } from '../registry/dockerconfig.ts'
import type { Env } from '../runner/env.ts'

export interface ToolDeps {
  readonly configDir: string
  /** A folder of this step's own. */
  readonly temp: string
  readonly env: Env
  readonly info: (line: string) => void
}

/** How buildx is called, and what had to be done for it. */
export interface Tool {
  readonly command: readonly string[]
  /** One line for the log; undefined when the machine's own is used without a word. */
  readonly line: string | undefined
}

/**
 * Finds buildx, and installs it where it is missing or another version than the one asked for.
 *
 * @param version `1.2.3`, `latest`, or the empty string for whichever is there
 * @param mirror base address of buildx's releases
 * @throws Error that names the input and what to do
 */
export async function findTool(version: string, mirror: string, { configDir, temp, env, info }: ToolDeps): Promise<Tool> {
  const config = parseConfig(await readConfigText(configDir), configPath(configDir))
  const command = await findBuildx(configDir, Array.isArray(config.cliPluginsExtraDirs) ? config.cliPluginsExtraDirs : [])
  // A file where Docker looks for plugins is there without a question; only what was not found that way is tried out.
  const asked = version !== '' || command.length > 1
  const found = asked ? await versionOf(command, env) : version
  if (found !== undefined && (version === '' || version === found)) return { command, line: undefined }
  // Only here: the libraries behind it would slow down every start.
  const { BUILDX_VERSION, installBuildx, latestVersion } = await import('./install.ts')
  const wanted = version === 'latest' ? await latestVersion(mirror) : version || BUILDX_VERSION
  if (wanted === found) return { command, line: undefined }
  const path = await installBuildx(wanted, mirror, { temp, info }).catch((cause: unknown) => {
    if (version !== '') throw cause
    throw new Error('buildx is not installed on this machine and could not be installed; install the package docker-buildx-plugin', {
      cause,
    })
  })
  return { command: [path], line: `Buildx: ${wanted} is used; the machine has ${found === undefined ? 'none' : found || 'another'}` }
}

/** @returns such as `0.29.1`; undefined when it cannot be run */
async function versionOf(command: readonly string[], env: Env): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await exec([...command, 'version'], { env, timeout: 20_000 })
    return exitCode === 0 ? (/\bv?(\d+\.\d+\.\d+(?:-[\w.]+)?)/.exec(stdout)?.[1] ?? '') : undefined
  } catch (cause) {
    if (cause instanceof StartError) return undefined
    throw cause
  }
}
