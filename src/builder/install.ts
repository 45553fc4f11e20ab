import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { HttpClient } from '@actions/http-client'
import { cacheFile, downloadTool, find } from '@actions/tool-cache'
import { provideEnv } from '../runner/env.ts'

/** What is installed where buildx is missing and no version is asked for. @see https://github.com/docker/buildx/releases */
export const BUILDX_VERSION = '0.36.1'

const RELEASES = 'https://github.com/docker/buildx/releases'
const PATIENCE = 30_000

/**
 * Installs buildx into the runner's tool cache, unless that holds it already.
 *
 * @param exact such as `1.2.3`
 * @param mirror base address of the releases; the empty string for the project's own
 * @returns the path of the program
 * @throws Error that names the input and what to do: not reachable, no such release, or a checksum that does not match
 */
export async function installBuildx(
  exact: string,
  mirror: string,
  { temp, info }: { temp: string; info: (line: string) => void },
): Promise<string> {
  provideEnv('RUNNER_TEMP', temp)
  provideEnv('RUNNER_TOOL_CACHE', join(homedir(), '.cache/manifold/tools'))
  const base = mirror === '' ? RELEASES : mirror
  const program = process.platform === 'win32' ? 'docker-buildx.exe' : 'docker-buildx'
  const cached = find('buildx', exact, process.arch)
  if (cached !== '') return join(cached, program)

  const asset = assetName(exact, process.platform, process.arch)
  const address = `${base}/download/v${exact}`
  const expected = checksumOf(await readText(`${address}/checksums.txt`), asset)
  if (expected === undefined) {
    throw new Error(
      `buildx ${exact}: ${address}/checksums.txt lists no ${asset}; choose another in the input version, or install buildx on the machine`,
    )
  }
  info(`Buildx: downloading ${address}/${asset}`)
  const file = await downloadTool(`${address}/${asset}`).catch((cause: unknown) => {
    throw new Error(
      `buildx ${exact}: ${address}/${asset} cannot be downloaded; check the inputs version and buildx-mirror, and the network`,
      { cause },
    )
  })
  try {
    const actual = await sha256(file)
    if (actual !== expected) {
      throw new Error(
        `buildx ${exact}: the checksum of ${address}/${asset} is ${actual}, and not ${expected} as checksums.txt says; nothing was installed: check the input buildx-mirror`,
      )
    }
    await chmod(file, 0o755)
    return join(await cacheFile(file, program, 'buildx', exact, process.arch), program)
  } finally {
    await rm(file, { force: true })
  }
}

/**
 * The newest release: where the releases' address leads to, so that nothing is asked of the code host's API.
 *
 * @throws Error that says to give an exact version when it cannot be found out
 */
export async function latestVersion(mirror: string): Promise<string> {
  const base = mirror === '' ? RELEASES : mirror
  const client = new HttpClient('manifold', [], { socketTimeout: PATIENCE, allowRedirects: false })
  const hint = 'give an exact version in the input version'
  const response = await client.get(`${base}/latest`).catch((cause: unknown) => {
    throw new Error(`buildx: ${base}/latest cannot be reached; ${hint}`, { cause })
  })
  response.message.resume()
  const version = /\/v(\d+\.\d+\.\d+[\w.-]*)\/?$/.exec(response.message.headers.location ?? '')?.[1]
  if (version === undefined)
    throw new Error(`buildx: ${base}/latest does not lead to a release (status ${response.message.statusCode}); ${hint}`)
  return version
}

/** The name of a release's file for a machine, in Node's terms. @see https://github.com/docker/buildx/releases */
export function assetName(version: string, platform: string, arch: string): string {
  const os = platform === 'win32' ? 'windows' : platform
  const machine = { x64: 'amd64', arm: 'arm-v7', ppc64: 'ppc64le' }[arch] ?? arch
  return `buildx-v${version}.${os}-${machine}${platform === 'win32' ? '.exe' : ''}`
}

/** The checksum of a file in a list as `sha256sum` writes it. */
export function checksumOf(list: string, file: string): string | undefined {
  return list
    .split('\n')
    .map((line) => /^([0-9a-f]{64})[ \t]+\*?(\S+)\s*$/i.exec(line))
    .find((match) => match?.[2] === file)?.[1]
    ?.toLowerCase()
}

async function readText(address: string): Promise<string> {
  const client = new HttpClient('manifold', [], { socketTimeout: PATIENCE, allowRetries: true, maxRetries: 2 })
  const response = await client.get(address).catch((cause: unknown) => {
    throw new Error(`buildx: ${address} cannot be reached; check the input buildx-mirror and the network`, { cause })
  })
  const status = response.message.statusCode ?? 0
  const body = await response.readBody()
  if (status !== 200) throw new Error(`buildx: ${address} answered with status ${status}; check the inputs version and buildx-mirror`)
  return body
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
