import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { failed, passed, scenario, type World } from './bed.ts'
import { builderJob, scenarioIf, wholeBed } from './builder-parts.ts'
import { closedAddress, listen } from './servers.ts'

const { tools, buildx } = await wholeBed()
// The version that the test bed builds: a program that can be told from the machine's own.
const withBuildx = scenarioIf(tools.buildx !== undefined && process.arch === 'x64')
const withoutAny = scenarioIf(tools.buildx !== undefined && process.arch === 'x64' && process.getuid?.() === 0)
const small = { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' }
const VERSION = '0.36.1'
const FILE = `buildx-v${VERSION}.linux-amd64`

describe('buildx', () => {
  withoutAny('missing: installed from the mirror, its checksum verified, kept in the tool cache', async (world) => {
    const mirror = await startMirror(world)
    const env = withoutBuildx(world)
    world.context(small)
    const build = passed(await world.build({ 'buildx-mirror': mirror.address }, { env }))
    expect(build.stdout).toMatch(/^Buildx: 0\.36\.1 is used; the machine has none$/m)
    expect(mirror.asked).toEqual([`/releases/download/v${VERSION}/checksums.txt`, `/releases/download/v${VERSION}/${FILE}`])
    const kept = join(env.RUNNER_TOOL_CACHE, `buildx/${VERSION}/x64/docker-buildx`)
    expect(readFileSync(kept).equals(readFileSync(tools.buildx ?? ''))).toBe(true)
    // From now on nobody is asked.
    passed(await world.build({ 'buildx-mirror': `http://${await closedAddress()}` }, { env }))
    expect(mirror.asked).toHaveLength(2)
    await world.job.posts()
    expect(existsSync(kept)).toBe(true)
  })

  withBuildx('another version than the one there is installed; the same is not', async (world) => {
    const mirror = await startMirror(world)
    builderJob(world)
    world.context(small)
    const env = { RUNNER_TOOL_CACHE: join(world.folder, 'tools') }
    const other = passed(await world.build({ version: `v${VERSION}`, 'buildx-mirror': mirror.address }, { env }))
    expect(other.stdout).toContain(`Buildx: ${VERSION} is used; the machine has ${buildx.version}`)
    const same = passed(await world.build({ version: buildx.version, 'buildx-mirror': mirror.address }, { env }))
    expect(same.stdout).not.toContain('Buildx:')
    expect(mirror.asked).toHaveLength(2)
  })

  withBuildx('latest is where the releases lead to', async (world) => {
    const mirror = await startMirror(world)
    builderJob(world)
    world.context(small)
    const env = { RUNNER_TOOL_CACHE: join(world.folder, 'tools') }
    const build = passed(await world.build({ version: 'latest', 'buildx-mirror': mirror.address }, { env }))
    expect(build.stdout).toContain(`Buildx: ${VERSION} is used`)
    expect(mirror.asked[0]).toBe('/releases/latest')
    const away = await world.build({ version: 'latest', 'buildx-mirror': `http://${await closedAddress()}` }, { env })
    expect(failed(away)).toMatch(/^buildx: http:\S+\/latest cannot be reached; give an exact version in the input version/)
    // An exact version needs no such question.
    passed(await world.build({ version: VERSION, 'buildx-mirror': `http://${await closedAddress()}` }, { env }))
  })

  withoutAny('a wrong checksum: nothing is installed, and nothing of it runs', async (world) => {
    const mirror = await startMirror(world, { checksum: '0'.repeat(64) })
    const env = withoutBuildx(world)
    world.context(small)
    const build = await world.build({ 'buildx-mirror': mirror.address }, { env })
    expect(failed(build)).toMatch(/the checksum of http:\S+ is [0-9a-f]{64}, and not 0{64} as checksums\.txt says; nothing was installed/)
    expect(existsSync(join(env.RUNNER_TOOL_CACHE, 'buildx'))).toBe(false)
    expect(build.stdout).not.toContain('::group::Build')
  })

  withBuildx('a release that the mirror does not have', async (world) => {
    const mirror = await startMirror(world)
    builderJob(world)
    world.context(small)
    const env = { RUNNER_TOOL_CACHE: join(world.folder, 'tools') }
    const build = await world.build({ version: '9.9.9', 'buildx-mirror': mirror.address }, { env })
    expect(failed(build)).toMatch(/checksums\.txt answered with status 404; check the inputs version and buildx-mirror/)
  })

  scenario('a version that is none is refused by name', async (world) => {
    builderJob(world)
    expect(failed(await world.build({ version: 'https://github.com/docker/buildx.git#master' }))).toMatch(
      /^input version: ".*" is no release of buildx; write it as 0\.36\.1, or latest/,
    )
  })
})

/** A job on a machine without buildx: its processes see an empty folder where this one has it. */
function withoutBuildx(world: World): { readonly RUNNER_TOOL_CACHE: string } {
  // Not a shell, which would drop the variables with a hyphen in their names.
  const hide = `
    const { execFileSync, spawnSync } = require('node:child_process')
    execFileSync('mount', ['-t', 'tmpfs', 'none', ${JSON.stringify(dirname(buildx.path))}])
    process.exit(spawnSync(process.execPath, process.argv.slice(1), { stdio: 'inherit' }).status)`
  const start = `#!${process.execPath}
    const { spawnSync } = require('node:child_process')
    const argv = ['--mount', process.execPath, '-e', ${JSON.stringify(hide)}, ...process.argv.slice(2)]
    process.exit(spawnSync('unshare', argv, { stdio: 'inherit' }).status)\n`
  builderJob(world, undefined, { node: join(world.programs({ node: start }), 'node') })
  return { RUNNER_TOOL_CACHE: join(world.folder, 'tools') }
}

/** A copy of buildx's releases with one version in it. */
async function startMirror(world: World, { checksum }: { checksum?: string } = {}) {
  const asked: string[] = []
  const program = readFileSync(tools.buildx ?? '')
  const sum = checksum ?? createHash('sha256').update(program).digest('hex')
  const files: Record<string, string | Buffer> = {
    [`/releases/download/v${VERSION}/checksums.txt`]: `${'1'.repeat(64)} *${FILE}.sbom.json\n${sum} *${FILE}\n`,
    [`/releases/download/v${VERSION}/${FILE}`]: program,
  }
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    if (url === '/releases/latest') response.writeHead(302, { location: `/releases/tag/v${VERSION}` }).end()
    else if (files[url] !== undefined) response.end(files[url])
    else response.writeHead(404).end()
  })
  return { address: `http://${await listen(world, server)}/releases`, asked }
}
