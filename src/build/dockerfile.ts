import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Env } from '../runner/env.ts'
import { isRemote } from './facts.ts'

/**
 * The folder that a build's Dockerfile lies in, as seen from the workspace, with `/` between its parts: BuildKit names the
 * file by its last part alone.
 *
 * @returns undefined for a file that is not one of the repository's
 */
export function dockerfileFolder(
  { context, file }: { readonly context: string; readonly file: string | undefined },
  workspace: string,
  env: Env,
): string | undefined {
  if (file === '-' || (file !== undefined && isRemote(file))) return undefined
  if (isRemote(context)) return isOwn(context, env) ? subfolder(context) : undefined
  const inside = relative(workspace, dirname(resolve(workspace, file ?? join(context, 'Dockerfile'))))
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return undefined
  return inside.split(sep).join('/') || '.'
}

/**
 * Where a build's Dockerfile lies on this machine, if the repository is checked out.
 *
 * @returns a path; undefined for one that only the builder gets to see
 */
export function dockerfilePath(
  { context, file }: { readonly context: string; readonly file: string | undefined },
  workspace: string,
  env: Env,
): string | undefined {
  const folder = dockerfileFolder({ context, file }, workspace, env)
  if (folder !== undefined) return join(workspace, folder, basename(file ?? 'Dockerfile'))
  return isRemote(context) || file === '-' || (file !== undefined && isRemote(file))
    ? undefined
    : resolve(workspace, file ?? join(context, 'Dockerfile'))
}

/** Whether a Git context is the repository that the workflow runs for. */
function isOwn(context: string, { GITHUB_SERVER_URL: server = '', GITHUB_REPOSITORY: repository = '' }: Env): boolean {
  const address = context.replace(/[#?].*$/s, '').replace(/(?:\.git)?\/?$/, '')
  return server !== '' && repository !== '' && address.toLowerCase() === `${server}/${repository}`.toLowerCase()
}

/** `…#ref:folder` @see https://docs.docker.com/build/concepts/context/#url-fragments */
function subfolder(context: string): string {
  const folder = /#[^:]*:(.*)$/s.exec(context)?.[1] ?? ''
  return folder.replace(/^\/+|\/+$/g, '') || '.'
}
