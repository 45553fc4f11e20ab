import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { failed, passed, scenario, type World } from './bed.ts'
import { readCommands, unmasked } from './commands.ts'
import { addRepository, type GitServer, startGit } from './gitserver.ts'

const TOKEN = 'ghs_a-token-of-the-runner'
const dockerfile = (what: string) => `FROM scratch\nCOPY what /\nLABEL from="${what}"\n`

// https://github.com/docker/build-push-action#git-context
describe('the Git context of the event', () => {
  scenario("is what is built without a checkout, fetched with the runner's token", async (world) => {
    const { server, commit } = await prepare(world)
    // What a step before downloaded is no checkout.
    world.context({ 'artifacts/report.txt': 'x' })
    const result = passed(await build(world, server, commit, { outputs: 'out', 'github-token': TOKEN }))
    expect(result.stdout).toContain(`${server.url}/me/app.git#${commit}`)
    expect(file(world, 'out/what')).toBe('the root')
    expect(server.seen.filter((each) => each !== undefined)).not.toEqual([])
    expect(unmasked(result)).not.toContain(TOKEN)
    expect(
      readCommands(result.stdout)
        .filter(({ name }) => name === 'add-mask')
        .map(({ message }) => message),
    ).toContain(TOKEN)
  })

  scenario('with a folder in it, and as a named context', async (world) => {
    const { server, commit } = await prepare(world)
    world.context({ Dockerfile: dockerfile('the workspace'), what: 'the workspace' })
    const token = { 'github-token': TOKEN }
    passed(await build(world, server, commit, { ...token, context: '{{defaultContext}}:sub', outputs: 'sub' }))
    expect(file(world, 'sub/what')).toBe('a folder')
    world.context({ Dockerfile: 'FROM scratch\nCOPY --from=code what /\n' })
    passed(await build(world, server, commit, { ...token, context: '.', 'build-contexts': 'code={{defaultContext}}', outputs: 'named' }))
    expect(file(world, 'named/what')).toBe('the root')
  })

  scenario('is left for the workspace where that holds the sources', async (world) => {
    const { server, commit } = await prepare(world)
    world.context({ Dockerfile: dockerfile('the workspace'), what: 'the workspace' })
    passed(await build(world, server, commit, { outputs: 'out', 'github-token': TOKEN }))
    expect(file(world, 'out/what')).toBe('the workspace')
    expect(server.seen).toEqual([])
  })

  scenario('takes the token to its own host and port alone', async (world) => {
    const { server, commit } = await prepare(world)
    const other = await startGit(world)
    addRepository(other, 'me/app', { what: 'elsewhere' })
    world.context({ Dockerfile: 'FROM scratch\nCOPY --from=other what /\nCOPY --from=code what /code\n' })
    const contexts = `other=${other.url}/me/app.git\ncode={{defaultContext}}`
    passed(await build(world, server, commit, { context: '.', 'build-contexts': contexts, outputs: 'out', 'github-token': TOKEN }))
    expect(file(world, 'out/what')).toBe('elsewhere')
    expect(file(world, 'out/code')).toBe('the root')
    expect(other.seen.length).toBeGreaterThan(0)
    expect(other.seen.filter((each) => each !== undefined)).toEqual([])
  })

  scenario('is refused without the token, and the error says so', async (world) => {
    const { server, commit } = await prepare(world)
    const error = failed(await build(world, server, commit, {}))
    expect(error).toContain('could not read Username')
    expect(error).toMatch(/; give a token that may read the repository in the input github-token, or as the secret GIT_AUTH_TOKEN$/)
  })

  scenario("takes a token of the user's own before the runner's", async (world) => {
    const { server, commit } = await prepare(world)
    passed(await build(world, server, commit, { secrets: `GIT_AUTH_TOKEN=${TOKEN}`, 'github-token': 'another', outputs: 'out' }))
    expect(file(world, 'out/what')).toBe('the root')
  })
})

async function prepare(world: World): Promise<{ server: GitServer; commit: string }> {
  const server = await startGit(world, TOKEN)
  // BuildKit knows a commit again, wherever it comes from.
  const files = {
    id: world.id,
    Dockerfile: dockerfile('the commit'),
    what: 'the root',
    'sub/Dockerfile': dockerfile('sub'),
    'sub/what': 'a folder',
  }
  return { server, commit: addRepository(server, 'me/app', files) }
}

function build(world: World, server: GitServer, commit: string, inputs: Record<string, string>) {
  const env = { GITHUB_SERVER_URL: server.url, GITHUB_REPOSITORY: 'me/app', GITHUB_SHA: commit, GITHUB_REF: 'refs/heads/main' }
  return world.build(inputs, { env })
}

function file(world: World, path: string): string {
  return readFileSync(join(world.job.workspace, path), 'utf8')
}
