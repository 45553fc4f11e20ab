import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findCommand } from '../../testbed/command.mjs'
import { offset, requests } from '../../testbed/requests.mjs'
import { bed, failed, freshStep, passed, type World } from './bed.ts'
import { certify } from './builder-certificates.ts'
import { builderJob, leftovers, records, scenarioIf, wholeBed, withoutHandler } from './builder-parts.ts'
import { closedAddress } from './servers.ts'

const { images } = await wholeBed()
const withBuildkit = scenarioIf(images.buildkit !== undefined)
// A container reaches the test bed's registries, which listen on this machine's own loopback, only in its network.
const NETWORK = { 'driver-opts': 'network=host' }

describe('registry settings', () => {
  withBuildkit('a mirror serves the base image: its own registry is never asked', async (world) => {
    const job = builderJob(world)
    await world.login(world.a)
    const [, repository = ''] = /^[^/]+\/(.*)$/.exec(bed.base) ?? []
    // Nobody listens there: what is built from it can only have come from the mirror.
    const absent = await closedAddress()
    world.context({ Dockerfile: `FROM ${absent}/${repository}\n${freshStep()}\n` })
    const before = offset(world.a.log)
    const build = passed(await world.build({ ...NETWORK, 'registry-config': `${absent}:\n  mirrors: [${world.a.host}]\n` }))
    expect(build.outputs.driver).toBe('docker-container')
    expect(requests(world.a.log, before).filter(({ path, status }) => path.includes('/manifests/') && status === 200)).not.toEqual([])
    await job.posts()
    await ended(world)
  })

  withBuildkit('a private authority is trusted for its registry alone, in the pull and in the push', async (world) => {
    const job = builderJob(world)
    const registry = await startTls(world)
    await world.login(world.a)
    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` })
    const image = `${registry.host}/app`
    const inputs = { ...NETWORK, images: image, tags: '1', push: 'true', platforms: 'linux/amd64,linux/arm64' }
    const stranger = await world.build(inputs)
    // On the loopback interface BuildKit tries plain HTTP where the certificate is not trusted.
    expect(failed(stranger)).toMatch(/x509|certificate|400 Bad Request/)

    const config = `${registry.host}:\n  ca: ${registry.ca}\n`
    const build = passed(await world.build({ ...inputs, 'registry-config': config }))
    expect(Object.keys(JSON.parse(build.outputs.platforms ?? '{}'))).toEqual(['linux/amd64', 'linux/arm64'])
    expect(await registry.status('/v2/app/manifests/1')).toBe(200)

    // The same as PEM text, and with a certificate of the client's; what was pushed is the base now.
    world.context({ Dockerfile: `FROM ${image}:1\nRUN true\n` })
    const inline = [`${registry.host}:`, '  ca: |', ...indented(registry.pem.ca), '  keypair:', '    - cert: |']
    const pair = [...indented(registry.pem.cert, 8), '      key: |', ...indented(registry.pem.key, 8)]
    const second = passed(await world.build({ ...NETWORK, 'registry-config': [...inline, ...pair].join('\n') }))
    expect(second.stdout).toContain(`::add-mask::${registry.pem.key.split('\n')[1]}`)
    await job.posts()
    await ended(world)
    expect(readdirSync(job.temp)).toEqual([])
  })

  withBuildkit("mirrors count for BuildKit's own image and for the installer of emulators", async (world) => {
    const job = builderJob(world)
    await world.login(world.b)
    for (const [local, name] of [
      [images.buildkit ?? '', 'moby/buildkit:buildx-stable-1'],
      [images.binfmt, 'manifold-testbed/binfmt:stand-in'],
    ] as const) {
      const there = `${world.b.host}/${world.id}/${name}`
      await world.docker('tag', local, there)
      await world.docker('push', '--quiet', there)
      await world.docker('image', 'rm', there)
    }
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const before = offset(world.b.log)
    await withoutHandler('s390x', async () => {
      const config = `docker.io:\n  mirrors: [${world.b.host}/${world.id}]\n`
      const inputs = { platforms: 'linux/amd64,linux/s390x', 'qemu-image': images.binfmt, 'registry-config': config }
      const build = passed(await world.build(inputs))
      const container = `buildx_buildkit_${build.outputs.builder}0`
      expect(await world.docker('inspect', '--format', '{{.Config.Image}}', container)).toBe(
        `${world.b.host}/${world.id}/moby/buildkit:buildx-stable-1\n`,
      )
      expect(build.stdout).toContain('Emulation: installed for s390x')
    })
    const asked = requests(world.b.log, before).map(({ path }) => path)
    for (const name of ['moby/buildkit', 'manifold-testbed/binfmt']) {
      expect(asked.some((path) => path.startsWith(`/v2/${world.id}/${name}/manifests/`))).toBe(true)
    }
    await job.posts()
    await ended(world)
  })

  withBuildkit('a mirror that has nothing of it does no harm', async (world) => {
    const job = builderJob(world)
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const build = passed(await world.build({ 'registry-config': `docker.io:\n  mirrors: [${await closedAddress()}]\n` }))
    expect(build.outputs.driver).toBe('docker-container')
    await job.posts()
    await ended(world)
  })

  withBuildkit('what is wrong is named by host and field', async (world) => {
    builderJob(world)
    world.context({ Dockerfile: 'FROM scratch\n' })
    for (const [config, error] of [
      ['docker.io:\n  mirror: a', /^input registry-config: docker\.io: "mirror" is not known; known are mirrors/],
      [
        'docker.io:\n  mirrors: ["https://a.example"]',
        /^input registry-config: docker\.io: mirror "https:\/\/a\.example": write the host without/,
      ],
      ['https://a.example: {}', /^input registry-config: "https:\/\/a\.example" is not a registry's host/],
      ['docker.io: [', /^input registry-config: is not valid YAML/],
      ['a.example:\n  ca: /no/such/file', /cannot read a certificate of the input registry-config \(ENOENT\)/],
    ] as const) {
      expect(failed(await world.build({ 'registry-config': config }))).toMatch(error)
    }
  })
})

async function ended(world: World): Promise<void> {
  expect(await leftovers(bed.engine)).toEqual([])
  expect(records(world)).toEqual([])
}

function indented(pem: string, by = 4): string[] {
  return pem
    .trimEnd()
    .split('\n')
    .map((line) => `${' '.repeat(by)}${line}`)
}

/** A registry with a certificate that nobody trusts. */
async function startTls(world: World) {
  const certificates = await certify(join(world.folder, 'authority'), ['server', 'client'])
  const { folder, ca } = certificates.paths
  const host = await closedAddress()
  const root = join(world.folder, 'tls-registry')
  mkdirSync(root)
  const tls = { certificate: join(folder, 'server.pem'), key: join(folder, 'server-key.pem') }
  const settings = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(root, 'storage') } },
    http: { addr: host, tls },
  }
  writeFileSync(join(root, 'config.json'), JSON.stringify(settings))
  const child = spawn(findCommand('docker-registry') ?? '', ['serve', join(root, 'config.json')], { stdio: 'ignore' })
  const gone = once(child, 'exit')
  world.onEnd(async () => {
    child.kill()
    await gone
  })
  const status = (path: string) =>
    new Promise<number>((resolve) => {
      const headers = { accept: 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json' }
      get(`https://${host}${path}`, { ca: certificates.ca, headers, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }).on('error', () => resolve(0))
    })
  for (let tries = 0; tries < 200 && (await status('/v2/')) !== 200; tries++) await sleep(25)
  const pem = { ca: certificates.ca, cert: certificates.cert.client ?? '', key: certificates.key.client ?? '' }
  return { host, ca, pem, status }
}
