import { currentEndpoint } from '../builder/endpoint.ts'
import { EngineClient } from '../builder/engine.ts'
import { formatPlatform, parsePlatform } from '../registry/platform.ts'
import { dockerConfigDir, type Env } from '../runner/env.ts'
import type { EngineFacts } from './exports.ts'

/** Asks the engine what it is; undefined when it does not say, which is no fault of a build that happens elsewhere. */
export async function readEngine(env: Env): Promise<EngineFacts | undefined> {
  try {
    const engine = new EngineClient(await currentEndpoint(dockerConfigDir(env), env))
    const [info, version] = await Promise.all([engine.ask('GET', '/info'), engine.ask('GET', '/version')])
    return parseEngine(info.body, version.body)
  } catch {
    return undefined
  }
}

/**
 * Reads what an engine tells of itself.
 *
 * @param info the body of `/info`
 * @param version the body of `/version`
 * @see https://docs.docker.com/reference/api/engine/#tag/System
 */
export function parseEngine(info: string, version: string): EngineFacts {
  const { DriverStatus } = JSON.parse(info) as { DriverStatus?: readonly (readonly [string, string])[] | null }
  const { Os, Arch, GoVersion } = JSON.parse(version) as { Os?: string; Arch?: string; GoVersion?: string }
  return {
    // https://docs.docker.com/engine/storage/containerd/
    containerdStore: (DriverStatus ?? []).some(([name, value]) => name === 'driver-type' && value.startsWith('io.containerd.snapshotter')),
    platform: formatPlatform(parsePlatform(`${Os}/${Arch}`)),
    goVersion: GoVersion ?? '',
  }
}
