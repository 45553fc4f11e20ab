import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../../testbed/action.mjs'
import { offset, requests } from '../../testbed/requests.mjs'
import { bed, inWorld, scenario, type World } from './bed.ts'
import { emptyBuilder, faultyRegistry, random, timedBuild } from './cache-world.ts'
import { readManifest } from './remote.ts'

const PLATFORMS = ['linux/amd64', 'linux/arm64']

describe('cache mounts, on a builder that is emptied between the runs', () => {
  scenario('through a registry: contents, owners and modes, one mount for all platforms and one for each', async (world) => {
    await prepare(world)
    const ref = `${world.repository(world.b, 'cache')}:c`
    await filledInTheSecondRun(world, { cache: 'registry', 'cache-ref': ref })
    expect((await readManifest(`${ref}-mounts`, world.b)).status).toBe(200)
  })

  scenario('through a directory', async (world) => {
    await prepare(world)
    await filledInTheSecondRun(world, { cache: 'local', 'cache-dir': join(world.folder, 'cache') })
  })

  scenario('nothing of it gets into the engine, and a builder that lives on keeps its own', async (world) => {
    await prepare(world)
    const inputs = { ...MOUNTS, cache: 'registry', 'cache-ref': `${world.repository(world.b, 'cache')}:c` }
    writeDockerfile(world, 'echo first > /root/.cache/word')
    await timedBuild(world, inputs)
    expect(await world.docker('image', 'ls', '--format', '{{.Repository}}')).not.toContain('mounts')
    // Somebody else's build has filled the mount in the meantime.
    writeDockerfile(world, 'echo second > /root/.cache/word')
    await timedBuild(world, { ...inputs, 'cache-write': 'never' })
    writeDockerfile(world, 'echo "word $(cat /root/.cache/word)"')
    expect((await timedBuild(world, inputs)).result.stdout).toContain('word second')
  })

  scenario('when every step comes from the cache, they are not saved again', async (world) => {
    await prepare(world)
    const inputs = { ...MOUNTS, cache: 'registry', 'cache-ref': `${world.repository(world.b, 'cache')}:c` }
    writeDockerfile(world, 'echo first > /root/.cache/word')
    await timedBuild(world, inputs)
    const at = offset(world.b.log)
    const { lines } = await timedBuild(world, inputs)
    expect(lines.filter((line) => line.includes('saved to'))).toEqual([])
    expect(requests(world.b.log, at).filter(({ method, path }) => method === 'PUT' && path.includes('-mounts'))).toEqual([])
  })

  scenario('a registry that does not take them: the build is good, with one warning', async (world) => {
    await prepare(world)
    const proxy = await faultyRegistry(world, [{ method: 'PUT', path: '/manifests/c-mounts', fault: { do: 'answer', status: 413 } }])
    writeDockerfile(world, 'echo first > /root/.cache/word')
    const ref = `${proxy.host}/${world.id}/cache:c`
    const { warnings } = await timedBuild(world, { ...MOUNTS, cache: 'registry', 'cache-ref': ref })
    expect(warnings).toEqual([
      expect.stringMatching(/^Cache .*: the cache mounts were not written \(.*413.*\)\. The build does not depend on it$/),
    ])
  })
})

describe("the runner's own cache, under act", () => {
  const { act } = bed.tools
  // act is built from its Go module, so a machine without Go has none.
  const onAct = act === undefined ? test.skip : test

  onAct(
    'steps and mounts of the second run come from it, on an emptied builder',
    () =>
      inWorld(async (world) => {
        const first = await actRun(world, act ?? '')
        expect(first).toContain('mount is empty')
        await emptyBuilder(world)
        const second = await actRun(world, act ?? '')
        expect(second).toContain('mount holds run-1')
        expect(second).toMatch(/importing cache manifest from gha:/)
        expect(second).toMatch(/Cache: read from and written to the runner's cache \(scope /)
      }),
    120_000,
  )
})

const MOUNTS = { 'cache-mounts': 'true' }

async function prepare(world: World): Promise<void> {
  await world.login(world.a)
  await world.login(world.b)
}

async function filledInTheSecondRun(world: World, inputs: Record<string, string>): Promise<void> {
  const fill = 'echo $TARGETARCH > /pkg/for && chown 7:8 /pkg/for && chmod 640 /pkg/for && echo common > /root/.cache/word'
  writeDockerfile(world, fill)
  const all = { ...inputs, ...MOUNTS, platforms: PLATFORMS.join(',') }
  await timedBuild(world, all)
  await emptyBuilder(world)
  writeDockerfile(world, 'echo "found $TARGETARCH: $(cat /pkg/for /root/.cache/word | tr "\\n" " ") $(stat -c %u:%g:%a /pkg/for)"')
  const { result, warnings } = await timedBuild(world, all)
  expect(warnings).toEqual([])
  for (const arch of ['amd64', 'arm64']) expect(result.stdout).toContain(`found ${arch}: ${arch} common  7:8:640`)
}

function writeDockerfile(world: World, script: string): void {
  const mounts = '--mount=type=cache,target=/root/.cache --mount=type=cache,id=pkg-$TARGETARCH,target=/pkg,sharing=locked'
  const text = [
    'ARG BASE',
    'FROM ${BASE} AS build',
    'ARG TARGETARCH',
    `RUN ${mounts} \\`,
    `  ${script} # ${random()}`,
    'FROM scratch',
    'COPY --from=build /etc /etc',
  ]
  world.context({ Dockerfile: text.join('\n').replace('${BASE}', bed.base) })
}

/** One run of a workflow, with a cache server that lives on for the next. @returns its log */
async function actRun(world: World, act: string): Promise<string> {
  const folder = join(world.folder, 'act')
  const workspace = join(folder, 'workspace')
  const run = join(folder, 'runs')
  const number = Number(readOr(run, '0')) + 1
  mkdirSync(join(workspace, '.github/workflows'), { recursive: true })
  writeFileSync(run, String(number))
  const script = `cat /root/.cache/word 2>/dev/null | sed "s/^/mount holds /"; test -e /root/.cache/word || echo "mount is empty"; echo run-${number} > /root/.cache/word`
  writeFileSync(
    join(workspace, 'Dockerfile'),
    [`FROM ${bed.base}`, 'RUN echo same > /same', `RUN --mount=type=cache,target=/root/.cache ${script}`].join('\n'),
  )
  const login = (host: string) => ({
    uses: 'manifold-ci/manifold/login@v1',
    with: { registry: host, username: '${{ secrets.USERNAME }}', password: '${{ secrets.PASSWORD }}' },
  })
  const build = {
    uses: 'manifold-ci/manifold@v1',
    with: { context: '.', images: world.repository(), tags: '1', cache: 'gha', 'cache-mounts': 'true' },
  }
  const workflow = {
    on: 'push',
    jobs: { image: { 'runs-on': 'ubuntu-latest', steps: [{ uses: 'actions/checkout@v5' }, login(world.a.host), build] } },
  }
  writeFileSync(join(workspace, '.github/workflows/image.yml'), JSON.stringify(workflow))
  for (const name of ['action.yml', 'login', 'dist']) cpSync(join(projectDir, name), join(folder, 'action', name), { recursive: true })
  writeFileSync(join(folder, 'action/package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'secrets.yml'), JSON.stringify({ USERNAME: world.a.username, PASSWORD: world.a.password }), { mode: 0o600 })
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: workspace })
  git('init', '--quiet', '--initial-branch', 'main')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'run')
  const server = ['--cache-server-path', join(folder, 'cache'), '--cache-server-addr', '127.0.0.1']
  const artifacts = [
    '--artifact-server-path',
    join(folder, 'artifacts'),
    '--artifact-server-addr',
    '127.0.0.1',
    '--artifact-server-port',
    '0',
    '--local-repository',
    `manifold-ci/manifold@v1=${folder}/action`,
  ]
  const { status, stdout, stderr } = spawnSync(
    act,
    ['push', '-P', 'ubuntu-latest=-self-hosted', '--secret-file', '../secrets.yml', ...server, ...artifacts],
    {
      cwd: workspace,
      encoding: 'utf8',
      env: {
        HOME: folder,
        PATH: `${bed.bin}:${process.env.PATH}`,
        DOCKER_HOST: bed.engine.host,
        DOCKER_CONFIG: join(folder, 'docker'),
        GIT_CONFIG_NOSYSTEM: '1',
      },
    },
  )
  const log = `${stdout}${stderr}`
  expect({ status, log: status === 0 ? '' : log }).toEqual({ status: 0, log: '' })
  return log
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return fallback
  }
}
