import { dirname, join } from 'node:path'
import { bed, failed, freshStep, inWorld, type StepResult, scenario, type World, writeConfig } from './bed.ts'
import { stable } from './commands.ts'
import { closedAddress } from './servers.ts'

type Inputs = Record<string, string>

describe('a Dockerfile or a context that does not work', () => {
  scenario('a RUN that fails: its output, its exit code and its place', async (world) => {
    const result = await build(world, { Dockerfile: from(freshStep(), 'RUN echo on the way && exit 3') })
    expect(failed(result)).toBe(
      `build: step "[3/3] RUN echo on the way && exit 3" failed (Dockerfile:3): ` +
        `process "/bin/sh -c echo on the way && exit 3" did not complete successfully: exit code: 3`,
    )
    expect(result.stdout).toMatch(/^#\d+ [\d.]+ on the way$/m)
  })

  scenario('of several platforms: which one', async (world) => {
    const only = 'RUN case $(uname -m) in aarch64) echo not here; exit 4 ;; esac'
    const result = await build(world, { Dockerfile: from(freshStep(), only) }, { platforms: 'linux/amd64,linux/arm64' })
    expect(failed(result)).toMatch(/^build: step "\[linux\/arm64 3\/3\] RUN case .*" failed \(Dockerfile:3\): .* exit code: 4$/)
  })

  scenario('an instruction that does not exist', async (world) => {
    const result = await build(world, { Dockerfile: from('RUNN echo x') })
    expect(failed(result)).toMatch(/^build: dockerfile parse error on line 2: unknown instruction: RUNN \(did you mean RUN\?\)/)
    expect(result.stdout).toContain('>>> RUNN echo x')
  })

  scenario('a COPY of what is not there', async (world) => {
    const result = await build(world, { Dockerfile: from('COPY absent.txt /') })
    expect(failed(result)).toMatch(/^build: step "\[2\/2\] COPY absent\.txt \/" failed \(Dockerfile:2\): .*absent\.txt.*not found$/)
  })

  scenario('a target that is not there', async (world) => {
    const result = await build(world, { Dockerfile: from() }, { target: 'absent' })
    expect(failed(result)).toMatch(/^build: .*target stage "absent" could not be found$/)
  })

  scenario('no Dockerfile', async (world) => {
    expect(failed(await build(world, { 'other.txt': '' }))).toBe(
      'input context: there is no Dockerfile "Dockerfile"; check the inputs file and context',
    )
  })

  scenario('a Dockerfile that is named from the context, and not from the workspace', async (world) => {
    const result = await build(world, { 'app/deploy/Dockerfile': from() }, { context: 'app', file: 'deploy/Dockerfile' })
    expect(failed(result)).toBe(
      'input file: there is no Dockerfile "deploy/Dockerfile"; the path counts from the workspace: write "app/deploy/Dockerfile"',
    )
  })

  scenario('no context', async (world) => {
    expect(failed(await build(world, {}, { context: 'absent' }))).toBe(
      'input context: there is no folder "absent"; check the path, and that the repository is checked out before this step',
    )
  })
})

describe('a registry or a base that does not work', () => {
  scenario('the registry of the target is down', async (world) => {
    const image = `${await closedAddress()}/app`
    const result = await build(world, { Dockerfile: from(freshStep()) }, { images: image, tags: '1', push: 'true' })
    expect(failed(result)).toContain(image.split('/')[0])
    expect(failed(result)).toMatch(
      /^build: .*failed to push .*connection refused; check that the registry is up and can be reached from the builder$/,
    )
    expect(result.outputs.digest ?? '').toBe('')
  })

  scenario('the registry of the base is down', async (world) => {
    const base = `${await closedAddress()}/base:1`
    const result = await build(world, { Dockerfile: `FROM ${base}\nRUN true\n` })
    expect(failed(result)).toContain(base)
    expect(failed(result)).toMatch(/connection refused; check that the registry is up and can be reached from the builder$/)
  })

  scenario('the base does not exist', async (world) => {
    const base = world.repository(world.a, 'absent')
    const result = await build(world, { Dockerfile: `FROM ${base}\nRUN true\n` })
    expect(stable(failed(result), world)).toMatch(/^build: .*<registry A>\/<id>\/absent:latest.*not found$/)
  })

  scenario('the base lacks a platform', async (world) => {
    const result = await build(world, { Dockerfile: from(freshStep()) }, { platforms: 'linux/amd64,linux/s390x' })
    expect(failed(result)).toMatch(/^build: .*no match for platform in manifest.*; the base image has no such platform: take another base/)
    expect(failed(result)).toContain('s390x')
  })
})

describe('a machine on which it cannot work', () => {
  scenario('no engine', async (world) => {
    world.newJob({ env: { DOCKER_HOST: `unix://${world.folder}/docker.sock` } })
    const result = await attempt(world, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    expect(failed(result)).toMatch(/docker\.sock/)
    expect(failed(result)).toMatch(/engine/)
  })

  const asRoot = process.getuid?.() === 0 ? scenario : (name: string) => test.skip(name, () => undefined)
  asRoot('no buildx, and none to be had', async (world) => {
    const bin = world.programs({ node: WITHOUT_PLUGINS })
    world.newJob({ node: join(bin, 'node'), env: { PLUGINS: dirname(bed.buildx.path), RUNNER_TOOL_CACHE: world.folder } })
    const mirror = `http://${await closedAddress()}`
    const result = await attempt(world, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' }, { 'buildx-mirror': mirror })
    expect(failed(result)).toMatch(
      /^buildx is not installed on this machine and could not be installed; install the package docker-buildx-plugin/,
    )
    expect(failed(result)).toContain(`${mirror}/`)
  })

  scenario("Docker's config.json is malformed", async (world) => {
    writeConfig(world.job, '{"auths": {"x": {"auth": "c2VjcmV0"}},}')
    const result = await attempt(world, { Dockerfile: from() })
    expect(stable(failed(result), world)).toBe('<docker>/config.json is not valid JSON: repair or remove it')
    expect(result.stdout).not.toContain('c2VjcmV0')
  })

  scenario('a builder that does not exist', async (world) => {
    const result = await attempt(world, { Dockerfile: from() }, { builder: 'absent' })
    expect(failed(result)).toBe('input builder: there is no builder "absent"; see "docker buildx ls", or leave the input out')
  })
})

describe('inputs that do not work', () => {
  // What cannot be read, in each input that is a list: nothing is started, and the error names the input.
  const open = '"not closed'
  const lists: [string, Inputs][] = [
    ['images', { images: open }],
    ['images', { images: 'r.example.com/app:1' }],
    ['images', { images: 'r.example.com/a pp', tags: '1' }],
    ['tags', { images: 'r.example.com/app', tags: open }],
    ['tags', { tags: 'r.example.com/App:1' }],
    ['tags', { tags: `r.example.com/app@sha256:${'0'.repeat(64)}` }],
    ['tags', { images: 'r.example.com/app', tags: 'type=unknown' }],
    ['flavor', { images: 'r.example.com/app', flavor: 'latest=perhaps' }],
    ['rules', { images: 'r.example.com/app', rules: '- type: [' }],
    ['platforms', { platforms: open }],
    ['platforms', { platforms: 'linux/amd46' }],
    ['platforms', { platforms: 'plan9/amd64' }],
    ['platforms', { platforms: 'windows/amd64' }],
    ['platforms', { platforms: 'linux/arm/v7/x' }],
    ['build-args', { 'build-args': open }],
    ['build-args', { 'build-args': '=hunter2' }],
    ['labels', { images: 'r.example.com/app', tags: '1', labels: open }],
    ['labels', { images: 'r.example.com/app', tags: '1', labels: '=hunter2' }],
    ['annotations', { annotations: open }],
    ['cache-from', { 'cache-from': open }],
    ['cache-to', { 'cache-to': open }],
    ['cache', { cache: 'somewhere' }],
    ['cache', { cache: 'registry' }],
    ['cache-ref', { cache: 'registry', 'cache-ref': 'r.example.com/App' }],
    ['cache-mode', { cache: 'registry', 'cache-ref': 'r.example.com/app', 'cache-mode': 'medium' }],
    ['add-hosts', { 'add-hosts': open }],
    ['allow', { allow: open }],
    ['attests', { attests: open }],
    ['build-contexts', { 'build-contexts': open }],
    ['no-cache-filters', { 'no-cache-filters': open }],
    ['outputs', { outputs: open }],
    ['secrets', { secrets: open }],
    ['secrets', { secrets: '=hunter2' }],
    ['secret-envs', { 'secret-envs': open }],
    ['secret-files', { 'secret-files': open }],
    ['ssh', { ssh: open }],
    ['ulimit', { ulimit: open }],
    ['driver-opts', { 'driver-opts': open }],
    ['build-params', { 'build-params': open }],
    ['build-params', { 'build-params': '--build-arg' }],
    ['build-params', { 'build-params': 'hunter2' }],
    ['build-params', { 'build-params': '--metadata-file x' }],
    ['build-params', { 'build-params': '--platform linux/amd46' }],
    ['build-params', { 'build-params': '--tag App:1' }],
    ['push', { push: 'true' }],
    ['push', { push: 'perhaps' }],
    ['load', { load: 'perhaps' }],
    ['pull', { pull: 'perhaps' }],
    ['no-cache', { 'no-cache': 'perhaps' }],
    ['tags', { images: 'r.example.com/app', tags: ' ,\n', push: 'true' }],
  ]
  test.each(lists)('%s: %j', async (name, inputs) => {
    await inWorld(async (world) => {
      // An engine that is not there: whoever asks it gets another error.
      world.newJob({ env: { DOCKER_HOST: `unix://${world.folder}/docker.sock`, ...EVENT } })
      const result = await attempt(world, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' }, inputs)
      expect(failed(result)).toMatch(new RegExp(`^input ${name}\\b`))
      expect(result.stdout).not.toContain('hunter2')
      expect(result.outputs).toEqual({})
    })
  })
})

// A node whose processes see an empty folder where this machine has Docker's plugins. Not a shell script: a shell drops
// variables that are called INPUT_A-B.
const WITHOUT_PLUGINS = `#!${process.execPath}
const { spawnSync } = require('node:child_process')
const run = (program, ...args) => spawnSync(program, args, { stdio: 'inherit' }).status ?? 1
const inside = process.env.INSIDE
process.env.INSIDE = 'true'
if (!inside) process.exitCode = run('unshare', '--mount', __filename, ...process.argv.slice(2))
else process.exitCode = run('mount', '-t', 'tmpfs', 'none', process.env.PLUGINS) || run(process.execPath, ...process.argv.slice(2))
`

/** What a runner says of a push to a branch. */
const EVENT = { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main', GITHUB_SHA: '0'.repeat(40) }

function from(...steps: string[]): string {
  return [`FROM ${bed.base}`, ...steps, ''].join('\n')
}

/** A build by somebody who may read the base. */
async function build(world: World, files: Inputs, inputs: Inputs = {}): Promise<StepResult> {
  await world.login(world.a)
  return attempt(world, files, inputs)
}

/** A build by somebody who has signed in nowhere. */
function attempt(world: World, files: Inputs, inputs: Inputs = {}): Promise<StepResult> {
  world.context(files)
  return world.build(inputs)
}
