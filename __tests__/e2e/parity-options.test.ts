import { generateKeyPairSync } from 'node:crypto'
import { bed, failed, freshStep, passed, type StepResult, scenario, type World } from './bed.ts'

describe('options of RUN steps', () => {
  scenario('add-hosts, ulimit and shm-size', async (world) => {
    const { stdout } = await build(world, ['RUN grep -h 10.180.0.1 /etc/hosts; ulimit -n; grep /dev/shm /proc/mounts'], {
      'add-hosts': 'docker:10.180.0.1, foo:10.0.0.1',
      ulimit: 'nofile=1234:1234',
      'shm-size': '2m',
    })
    expect(stdout).toMatch(/10\.180\.0\.1\s+docker/)
    expect(stdout).toMatch(/ 1234$/m)
    expect(stdout).toMatch(/ \/dev\/shm .*size=2048k/)
  })

  scenario('network and allow', async (world) => {
    const interfaces = 'RUN ls /sys/class/net'
    const none = await build(world, [interfaces], { network: 'none' })
    expect(none.stdout).toMatch(/ lo$/m)
    expect(none.stdout).not.toMatch(/ eth0$/m)
    const host = await build(world, ['RUN --network=host ls /sys/class/net | tr "\\n" " "'], { allow: 'network.host' })
    // The host has bridges, which a network of its own has not.
    expect(host.stdout).toMatch(/ docker|br-|mf/)
  })

  scenario('cgroup-parent', async (world) => {
    const { stdout } = await build(world, ['RUN cat /proc/self/cgroup; true'], { 'cgroup-parent': 'manifold-parity' })
    expect(stdout).toContain('--cgroup-parent manifold-parity')
  })

  scenario('no-cache-filters builds a stage anew, and the others not', async (world) => {
    const lines = [
      `FROM ${bed.base} AS one`,
      freshStep(),
      `FROM ${bed.base} AS two`,
      freshStep(),
      'FROM one',
      'COPY --from=two /fresh /two',
    ]
    world.context({ Dockerfile: lines.join('\n') })
    await world.login(world.a)
    passed(await world.build({}))
    const { stdout } = passed(await world.build({ 'no-cache-filters': 'two' }))
    expect(stdout).toMatch(/\[one 2\/2\] .*\n#\d+ CACHED/)
    expect(stdout).not.toMatch(/\[two 2\/2\] .*\n#\d+ CACHED/)
  })

  scenario('ssh', async (world) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    world.context({ id_test: privateKey.export({ type: 'pkcs1', format: 'pem' }) as string })
    const { stdout } = await build(world, ['RUN --mount=type=ssh,id=deploy test -S "$SSH_AUTH_SOCK" && echo "an agent"'], {
      ssh: 'deploy=id_test',
    })
    expect(stdout).toMatch(/ an agent$/m)
  })
})

// https://docs.docker.com/build/ci/github-actions/named-contexts/
describe('named contexts', () => {
  scenario('an image, one of this engine, and a folder', async (world) => {
    await world.login(world.a)
    const local = `${world.id}/base:local`
    world.context({ 'base.Dockerfile': `FROM ${bed.base}\n${freshStep()}\n`, 'folder/file': 'of a folder' })
    passed(await world.build({ file: 'base.Dockerfile', load: 'true', tags: local }))
    world.context({ Dockerfile: 'FROM alpine\nCOPY --from=local /fresh /\nCOPY --from=files file /\nRUN cat /file\n' })
    const contexts = [`alpine=docker-image://${bed.base}`, `local=docker-image://${local}`, 'files=./folder'].join('\n')
    expect(passed(await world.build({ 'build-contexts': contexts })).stdout).toMatch(/ of a folder$/m)
  })
})

// https://docs.docker.com/build/ci/github-actions/checks/
describe('call', () => {
  scenario('check finds nothing, or fails with what it found', async (world) => {
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const good = passed(await world.build({ call: 'check' }))
    expect(good.stdout).toContain('Check complete, no warnings found.')
    expect(good.outputs).toMatchObject({ digest: '', 'total-steps': '0' })
    world.context({ Dockerfile: 'from scratch as Base\nCOPY Dockerfile /\n' })
    const bad = await world.build({ call: 'check', push: 'true', tags: `${world.repository()}:1` })
    expect(failed(bad)).toMatch(/^call: Check complete, \d warnings? ha(?:s|ve) been found!$/)
  })

  scenario('targets', async (world) => {
    world.context({ Dockerfile: 'FROM scratch AS one\nFROM scratch AS two\nCOPY Dockerfile /\n' })
    expect(passed(await world.build({ call: 'targets' })).stdout).toMatch(/^two \(default\)/m)
  })
})

async function build(world: World, lines: readonly string[], inputs: Record<string, string>): Promise<StepResult> {
  await world.login(world.a)
  world.context({ Dockerfile: [`FROM ${bed.base}`, freshStep(), ...lines].join('\n') })
  return passed(await world.build(inputs))
}
