import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findCommand, outcome, run } from '../../testbed/command.mjs'
import { failed, passed, type World } from './bed.ts'
import { type Certificates, certify } from './builder-certificates.ts'
import { builderJob, busyboxLayer, records, scenarioIf, wholeBed } from './builder-parts.ts'
import { unmasked } from './commands.ts'

const { tools } = await wholeBed()
const ip = findCommand('ip') ?? ''
const openssl = findCommand('openssl')
const withNodes = scenarioIf(tools.buildkitd !== undefined && openssl !== undefined && ip !== '' && process.getuid?.() === 0)

describe('remote nodes in network namespaces of their own, with certificates on both sides', () => {
  withNodes(
    'each platform is built on its own node; certificates are for their owner alone and go with the job',
    async (world) => {
      const nodes = await startNodes(world, ['amd64', 'arm64'])
      const job = builderJob(world)
      // The nodes see no registry: the base comes with the context.
      world.context({ Dockerfile: 'FROM scratch\nARG TARGETARCH\nADD ${TARGETARCH}.tar.gz /\nRUN echo "runs on $(uname -m)"\n' })
      for (const each of ['amd64', 'arm64']) copyFileSync(busyboxLayer(each), join(job.workspace, `${each}.tar.gz`))
      const [first, second] = nodes.addresses
      const inputs = {
        driver: 'remote',
        platforms: 'linux/amd64,linux/arm64',
        outputs: 'type=cacheonly',
        append: [
          `- {endpoint: "${first}", platforms: linux/amd64, name: amd, driver-opts: [servername=node-amd64]}`,
          `- {endpoint: "${second}", platforms: linux/arm64, name: arm, driver-opts: [servername=node-arm64]}`,
        ].join('\n'),
        ...nodes.client,
      }
      const build = passed(await world.build(inputs, alone))
      expect(build.outputs.driver).toBe('remote')
      expect(JSON.parse(build.outputs.nodes ?? '')).toMatchObject([
        { name: 'amd', endpoint: first, status: 'running', platforms: 'linux/amd64' },
        { name: 'arm', endpoint: second, status: 'running', platforms: 'linux/arm64' },
      ])
      expect(build.stdout).toMatch(/^#\d+ [\d.]+ runs on x86_64$/m)
      expect(build.stdout).toMatch(/^#\d+ [\d.]+ runs on aarch64$/m)
      const histories = [await nodes.built(0), await nodes.built(1)]
      expect(histories.map((history) => [...history.matchAll(/"platform":"([^"]+)"/g)].map(([, platform]) => platform))).toEqual([
        ['linux/amd64'],
        ['linux/arm64'],
      ])
      const [folder = ''] = certificateFolders(job.temp)
      expect(statSync(folder).mode & 0o777).toBe(0o700)
      expect(readdirSync(folder).length).toBe(6)
      for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
      const keyLine = nodes.client['tls-key'].split('\n')[2] ?? ''
      expect(build.stdout).toContain(`::add-mask::${keyLine}`)
      expect(unmasked(build)).not.toContain(keyLine)

      await job.posts()
      expect(certificateFolders(job.temp)).toEqual([])
      expect(existsSync(join(job.dockerConfig, 'buildx/instances', build.outputs.builder ?? ''))).toBe(false)
      expect(records(world)).toEqual([])
    },
    120,
  )

  withNodes(
    'certificates from the variables of setup-buildx-action',
    async (world) => {
      const nodes = await startNodes(world, ['amd64'])
      const job = builderJob(world)
      world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
      const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = nodes.client
      const env = { BUILDER_NODE_0_AUTH_TLS_CACERT: ca, BUILDER_NODE_0_AUTH_TLS_CERT: cert, BUILDER_NODE_0_AUTH_TLS_KEY: key }
      const inputs = { driver: 'remote', endpoint: nodes.addresses[0] ?? '', 'driver-opts': 'servername=node-amd64' }
      const build = passed(await world.build(inputs, { env: { ...env, ...alone.env } }))
      expect(build.stdout).toContain(`::add-mask::${key.split('\n')[2]}`)
      await job.posts()
      expect(certificateFolders(job.temp)).toEqual([])
    },
    120,
  )

  withNodes(
    'a node that does not answer, a foreign certificate, a platform that no node has',
    async (world) => {
      const nodes = await startNodes(world, ['amd64'])
      const job = builderJob(world)
      world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
      const inputs = { driver: 'remote', endpoint: nodes.addresses[0] ?? '', 'driver-opts': 'servername=node-amd64', ...nodes.client }
      const other = await certify(join(world.folder, 'other'), ['client'])
      const foreign = await world.build({ ...inputs, 'tls-ca': other.ca }, alone)
      expect(failed(foreign)).toMatch(
        /^builder: the BuildKit at tcp:\S+ cannot be used .*its certificate is not of the authority in tls-ca/,
      )
      const stranger = { 'tls-cert': other.cert.client ?? '', 'tls-key': other.key.client ?? '' }
      const refused = await world.build({ ...inputs, ...stranger }, alone)
      expect(failed(refused)).toMatch(/^builder: the BuildKit at tcp:\S+ cannot be used .*it does not take the certificate in tls-cert/)
      const name = await world.build({ ...inputs, 'driver-opts': 'servername=node-other' }, alone)
      expect(failed(name)).toMatch(/its certificate is for another name: give that as servername=…/)
      const nobody = await world.build({ ...inputs, endpoint: inputs.endpoint.replace(/\d+$/, '1') }, alone)
      expect(failed(nobody)).toMatch(/^builder: the BuildKit at tcp:\S+:1 cannot be used \(ECONNREFUSED\); check the address/)
      const missing = await world.build({ ...inputs, platforms: 'linux/mips64' }, alone)
      expect(failed(missing)).toMatch(
        /^platforms: the builder manifold-\S+ does not serve linux\/mips64; add a node for it in the input append/,
      )
      await job.posts()
      expect(certificateFolders(job.temp)).toEqual([])
      expect(records(world)).toEqual([])
    },
    180,
  )
})

/** No engine is needed for remote nodes. */
const alone = { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } }

interface Nodes {
  readonly addresses: readonly string[]
  readonly client: { readonly 'tls-ca': string; readonly 'tls-cert': string; readonly 'tls-key': string }
  /** What a node keeps of its builds. */
  readonly built: (at: number) => Promise<string>
}

/** Starts a buildkitd for each name, each in a namespace that a pair of virtual cables joins to this one. */
async function startNodes(world: World, names: readonly string[]): Promise<Nodes> {
  const folder = join(world.folder, 'nodes')
  mkdirSync(folder, { mode: 0o700 })
  const certificates = await certify(join(folder, 'certificates'), [...names.map((name) => `node-${name}`), 'client'])
  const addresses: string[] = []
  for (const [at, name] of names.entries()) addresses.push(await startNode(world, { name, at, folder, certificates }))
  const { ca } = certificates
  const [cert, key] = [certificates.cert.client ?? '', certificates.key.client ?? '']
  const built = async (at: number) => {
    const paths = certificates.paths
    const tls = ['--tlscacert', paths.ca, '--tlscert', join(paths.folder, 'client.pem'), '--tlskey', join(paths.folder, 'client-key.pem')]
    const argv = [tools.buildctl ?? '', '--addr', addresses[at] ?? '', '--tlsservername', `node-${names[at]}`, ...tls]
    return run([...argv, 'debug', 'histories', '--format', '{{json .}}'])
  }
  return { addresses, client: { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key }, built }
}

interface NodeOptions {
  readonly name: string
  readonly at: number
  readonly folder: string
  readonly certificates: Certificates
}

async function startNode(world: World, { name, at, folder, certificates }: NodeOptions): Promise<string> {
  const space = `mf-${world.id.slice(-6)}-${at}`
  const [outer, inner] = [`mfo${world.id.slice(-6)}${at}`, `mfi${world.id.slice(-6)}${at}`]
  // A network of two addresses that nobody else is likely to have: https://www.rfc-editor.org/rfc/rfc5737 would be routed nowhere.
  const network = `172.27.${Number.parseInt(world.id.slice(-2), 16)}`
  const [here, there] = [`${network}.${at * 4 + 1}`, `${network}.${at * 4 + 2}`]
  await run([ip, 'netns', 'add', space])
  world.onEnd(async () => {
    await outcome([ip, 'link', 'delete', outer])
    await outcome([ip, 'netns', 'delete', space])
  })
  await run([ip, 'link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', space])
  await run([ip, 'address', 'add', `${here}/30`, 'dev', outer])
  await run([ip, 'link', 'set', outer, 'up'])
  await run([ip, '-n', space, 'address', 'add', `${there}/30`, 'dev', inner])
  await run([ip, '-n', space, 'link', 'set', inner, 'up'])
  await run([ip, '-n', space, 'link', 'set', 'lo', 'up'])
  const address = `tcp://${there}:1234`
  const { folder: own, ca } = certificates.paths
  const tls = ['--tlscacert', ca, '--tlscert', join(own, `node-${name}.pem`), '--tlskey', join(own, `node-${name}-key.pem`)]
  // Not `ip netns exec`, which also mounts another /sys, without the cgroups that runc needs.
  const argv = [
    `--net=/run/netns/${space}`,
    tools.buildkitd ?? '',
    '--addr',
    address,
    '--root',
    join(folder, name),
    ...tls,
    '--containerd-worker=false',
  ]
  const child = spawn('nsenter', argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: `${dirname(findCommand('runc') ?? '')}:${process.env.PATH}` },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  world.onEnd(async () => {
    child.kill()
    await ended
  })
  for (let tries = 0; tries < 200; tries++) {
    if (said.includes('running server on')) return address
    if (child.exitCode !== null) break
    await sleep(50)
  }
  throw new Error(`buildkitd for ${name} does not start: ${said.slice(-2000)}`)
}

function certificateFolders(temp: string): string[] {
  return readdirSync(temp)
    .filter((name) => name.startsWith('manifold-builder-'))
    .map((name) => join(temp, name))
}
