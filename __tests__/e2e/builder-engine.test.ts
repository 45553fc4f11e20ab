import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'
import { connect, createServer as listenPlain } from 'node:net'
import { join } from 'node:path'
import { createServer as listenTls } from 'node:tls'
import { run } from '../../testbed/command.mjs'
import { bed, failed, passed, scenario } from './bed.ts'
import { certify } from './builder-certificates.ts'
import { builderJob, leftovers, records, scenarioIf, wholeBed } from './builder-parts.ts'
import { closedAddress, listen } from './servers.ts'

const { classic, images } = await wholeBed()
const withBuildkit = scenarioIf(images.buildkit !== undefined)
const small = { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' }
const PLATFORMS = { platforms: 'linux/amd64,linux/arm64' }

describe('the engine', () => {
  scenario('stopped: one line that says where it was looked for, within a second', async (world) => {
    builderJob(world)
    world.context(small)
    for (const host of [`unix://${join(world.folder, 'none.sock')}`, `tcp://${await closedAddress()}`]) {
      const start = Date.now()
      const build = await world.build({}, { env: { DOCKER_HOST: host } })
      expect(failed(build)).toMatch(/^builder: the docker engine at (?:unix|tcp):\S+ does not answer \((?:ENOENT|ECONNREFUSED)\): start it/)
      expect(Date.now() - start).toBeLessThan(2000)
    }
    expect(records(world)).toEqual([])
  })

  scenario('a socket that nobody serves any more', async (world) => {
    builderJob(world)
    world.context(small)
    const path = join(world.folder, 'dead.sock')
    const server = listenPlain()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    await new Promise((resolve) => server.close(resolve))
    await run(['sh', '-c', 'python3 -c "import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])" "$0"', path])
    expect(failed(await world.build({}, { env: { DOCKER_HOST: `unix://${path}` } }))).toMatch(/\(ECONNREFUSED\): start it/)
  })

  withBuildkit('in another context: named by config.json, by DOCKER_CONTEXT, and as endpoint of a builder', async (world) => {
    const job = builderJob(world)
    world.context(small)
    await world.docker('context', 'create', world.id, '--docker', `host=${classic.host}`)
    const unset = { DOCKER_HOST: '' }
    const chosen = passed(await world.build({}, { env: { ...unset, DOCKER_CONTEXT: world.id } }))
    expect(chosen.outputs).toMatchObject({ builder: world.id, driver: 'docker' })
    expect(chosen.stdout).toContain('classic image store')
    const made = passed(await world.build({ ...PLATFORMS }, { env: { ...unset, DOCKER_CONTEXT: world.id } }))
    expect(made.outputs.driver).toBe('docker-container')
    const there = passed(await world.build({ ...PLATFORMS, endpoint: world.id }))
    expect(JSON.parse(there.outputs.nodes ?? '')).toMatchObject([{ endpoint: world.id }])
    await job.posts()
    expect(await leftovers(classic)).toEqual([])
    expect(await leftovers(bed.engine)).toEqual([])
    expect(failed(await world.build({}, { env: { ...unset, DOCKER_CONTEXT: 'nobody' } }))).toMatch(
      /the docker context "nobody" cannot be read/,
    )
  })

  withBuildkit(
    'behind TLS with certificates from the environment: a context is made for the builder, and goes with the job',
    async (world) => {
      const job = builderJob(world)
      world.context(small)
      const certificates = await certify(join(world.folder, 'certificates'), ['server', 'client'])
      const { cert, key, ca, paths } = certificates
      const tls = { ca, cert: cert.server ?? '', key: key.server ?? '', requestCert: true, rejectUnauthorized: true }
      const server = listenTls(tls, (outer) => {
        const inner = connect(classic.host.replace('unix://', ''))
        outer.on('error', () => inner.destroy())
        inner.on('error', () => outer.destroy())
        outer.pipe(inner).pipe(outer)
      })
      const host = `tcp://${await listen(world, server)}`
      const folder = join(world.folder, 'client')
      mkdirSync(folder, { mode: 0o700 })
      for (const [from, to] of [
        ['ca.pem', 'ca.pem'],
        ['client.pem', 'cert.pem'],
        ['client-key.pem', 'key.pem'],
      ] as const) {
        copyFileSync(join(paths.folder, from), join(folder, to))
        chmodSync(join(folder, to), 0o600)
      }
      const env = { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder }
      const plain = passed(await world.build({}, { env }))
      expect(plain.stdout).toMatch(/^Builder: the builder default \(docker driver, classic image store\) is used/m)
      const made = passed(await world.build(PLATFORMS, { env }))
      expect(made.outputs.driver).toBe('docker-container')
      const contexts = () =>
        run([join(bed.bin, 'docker'), 'context', 'ls', '--format', '{{.Name}}'], { env: { ...job.env(), DOCKER_HOST: undefined } })
      expect(await contexts()).toMatch(/^manifold-/m)
      await job.posts()
      expect(await contexts()).not.toMatch(/^manifold-/m)
      expect(await leftovers(classic)).toEqual([])
      expect(records(world)).toEqual([])
    },
  )
})

describe('kubernetes, as far as it goes without a cluster', () => {
  scenario(
    'the same flags reach buildx, whose own words come back in one line',
    async (world) => {
      const job = builderJob(world)
      world.context(small)
      const config = join(world.folder, 'kubeconfig')
      const cluster = { server: `https://${await closedAddress()}` }
      const kubeconfig = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user: { token: 't' } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }
      await run(['sh', '-c', 'cat > "$0"', config], { input: JSON.stringify(kubeconfig) })
      const env = { KUBECONFIG: config }
      const inputs = { driver: 'kubernetes', 'driver-opts': 'replicas=2\nnamespace=builds', 'buildkitd-flags': '--debug' }
      const away = await world.build(inputs, { env })
      // buildx has taken the flags, and asks the cluster for the deployment in that namespace.
      expect(failed(away)).toMatch(/^builder: manifold-\S+ (?:could not be made|does not start) \(.*127\.0\.0\.1.*\/namespaces\/builds\//)
      const wrong = await world.build({ ...inputs, 'driver-opts': 'no-such-option=1' }, { env })
      expect(failed(wrong)).toMatch(/^builder: manifold-\S+ could not be made \(.*no-such-option.*\); check the inputs driver, driver-opts/)
      expect(failed(await world.build({ driver: 'kubernetes', endpoint: 'default' }))).toMatch(
        /^input endpoint: is not used by the kubernetes driver/,
      )
      const posts = await job.posts()
      expect(posts.map(({ stdout }) => stdout).join('')).toMatch(
        /^::warning::cleaning up: the kubernetes builder manifold-\S+ may be left \(/m,
      )
      expect(records(world)).toEqual([])
    },
    120,
  )
})
