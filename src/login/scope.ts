import { join } from 'node:path'
import { canonicalHost } from '../registry/reference.ts'

// A repository's path, and what may be done there.
const SCOPE = /^(?=.)([a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)?(?:@([a-z]+(?:,[a-z]+)*))?$/

/** The first release of buildx that reads credentials of a scope. @see https://github.com/docker/buildx/releases/tag/v0.31.0 */
const SINCE = [0, 31]

/**
 * The folder of the Docker config in which buildx looks for the credentials of a scope.
 *
 * @param buildxDir the directory of buildx's own files
 * @param host of the registry, as in a reference
 * @param scope such as `team/app`, `team/app@push` or `@push`
 * @throws Error that says how to write a scope
 * @see https://github.com/docker/buildx/blob/master/util/dockerutil/dockerconfig/configprovider.go
 */
export function scopeDir(buildxDir: string, host: string, scope: string): string {
  if (!SCOPE.test(scope)) throw new Error(`"${scope}" is no scope; write it as team/app, team/app@push or @push`)
  const canonical = canonicalHost(host)
  const folder = canonical === 'docker.io' ? 'registry-1.docker.io' : canonical
  return join(buildxDir, 'config', scope.startsWith('@') ? `${folder}${scope}` : join(folder, scope))
}

/**
 * Whether a buildx reads credentials of a scope.
 *
 * @param said what `buildx version` prints
 * @throws Error that names the version when it does not
 */
export function checkScopes(said: string): void {
  const [, version = '', major = '', minor = ''] = /\bv?((\d+)\.(\d+)\.\d+\S*)/.exec(said) ?? []
  const [needsMajor = 0, needsMinor = 0] = SINCE
  if (Number(major) > needsMajor || (Number(major) === needsMajor && Number(minor) >= needsMinor && version !== '')) return
  throw new Error(
    `needs buildx ${SINCE.join('.')} or newer, and this machine has ${version || 'none whose version is known'}; install a newer one, or leave the input out`,
  )
}
