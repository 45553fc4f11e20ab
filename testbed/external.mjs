// An engine that runs already: for those who may not start one of their own. It is only used; nothing is loaded into it.

import { join } from 'node:path'

import { findCommand, isExecutable, outcome } from './command.mjs'

/** @typedef {import('./state.mjs').Engine} Engine */

// Where packages of Docker and of distributions put plugins for all users; a user's own folder is hidden from a client that is
// given another configuration: https://docs.docker.com/reference/cli/docker/#configuration-files
const PLUGIN_FOLDERS = ['/usr/libexec/docker', '/usr/lib/docker', '/usr/local/libexec/docker', '/usr/local/lib/docker']

/** @returns {string | undefined} the client: the one beside the engine, where several are installed */
export function findDocker() {
  return findCommand('docker', ['/usr/bin'])
}

/** @returns {string | undefined} the plugin */
export function findBuildx() {
  return PLUGIN_FOLDERS.map((folder) => join(folder, 'cli-plugins/docker-buildx')).find(isExecutable)
}

/**
 * Looks for an engine on this machine that this user may use.
 *
 * @param {string} docker the client
 * @returns {Promise<Engine | undefined>} nothing if there is none, or it is another machine's: that could not reach registries
 *   on this one's loopback
 */
export async function externalEngine(docker) {
  const part = 'engine'
  const chosen =
    process.env.DOCKER_HOST ||
    (await outcome([docker, 'context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'], { part })).stdout.trim()
  if (!chosen.startsWith('unix://')) return undefined
  const { code, stdout } = await outcome([docker, '--host', chosen, 'version', '--format', '{{.Server.Version}}'], { part, seconds: 20 })
  return code === 0 ? { host: chosen, version: stdout.trim(), external: true } : undefined
}
