import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { offset, requests } from '../../testbed/requests.mjs'
import { scenario, type World } from './bed.ts'
import { timedBuild, writeApp } from './cache-world.ts'
import { push } from './events.ts'
import { readManifest } from './remote.ts'

// https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
const PULL_REQUEST = {
  number: 7,
  pull_request: {
    number: 7,
    head: { ref: 'feature', sha: 'a'.repeat(40), repo: { full_name: 'stranger/app', fork: true } },
    base: { ref: 'main', repo: { full_name: 'owner/app' } },
  },
  repository: { full_name: 'owner/app', default_branch: 'main' },
}

describe('what is written, by event', () => {
  scenario(
    "a pull request from a fork reads the cache, and nothing of it is uploaded, cache-to and the cache's mounts included",
    async (world) => {
      await prepare(world)
      const image = world.repository()
      const ref = `${world.repository(world.b, 'cache')}:c`
      await timedBuild(world, { cache: 'registry', 'cache-ref': ref })
      const { digest } = await readManifest(ref, world.b)

      writeApp(world)
      const other = `${world.repository(world.b, 'other')}:c`
      const at = offset(world.b.log)
      const inputs = { cache: 'registry', 'cache-ref': ref, 'cache-to': `type=registry,ref=${other}`, 'cache-mounts': 'true' }
      const built = await timedBuild(world, inputs, pullRequest(world))
      expect(built.lines).toEqual([
        `Cache: read from ${ref}; nothing is written, since this is a pull request from a fork; cache-to is left out`,
        'Cache mounts: the Dockerfile has none',
      ])
      expect(built.warnings).toEqual([])
      expect(built.cached).toBe('2/4')
      const uploads = requests(world.b.log, at).filter(({ method }) => method !== 'GET' && method !== 'HEAD')
      expect(uploads.length).toBeGreaterThan(0)
      expect(uploads.filter(({ path }) => !path.startsWith(`/v2/${world.id}/app/`))).toEqual([])
      expect((await readManifest(ref, world.b)).digest).toBe(digest)
      expect((await readManifest(`${image}:1`, world.b)).digest).toBe(built.result.outputs.digest)
    },
  )

  scenario('cache-write: always writes for the same event', async (world) => {
    await prepare(world)
    const ref = `${world.repository(world.b, 'cache')}:c`
    await timedBuild(world, { cache: 'registry', 'cache-ref': ref, 'cache-write': 'always' }, pullRequest(world))
    expect((await readManifest(ref, world.b)).status).toBe(200)
  })

  scenario('a branch writes a cache of its own besides the common one, and the next run reads it', async (world) => {
    await prepare(world)
    const ref = `${world.repository(world.b, 'cache')}:c`
    const env = push('refs/heads/feature/login', world)
    const inputs = { cache: 'registry', 'cache-ref': ref, 'cache-branches': 'true' }
    await timedBuild(world, inputs, env)
    for (const written of [ref, `${ref}-feature-login`]) expect((await readManifest(written, world.b)).status).toBe(200)
    const { lines } = await timedBuild(world, inputs, env)
    expect(lines).toEqual([`Cache: read from ${ref}-feature-login, ${ref}; written to ${ref}, ${ref}-feature-login`])
  })
})

/** The environment of a pull request from somebody else's repository. */
function pullRequest({ job }: World): Record<string, string> {
  const path = join(job.temp, 'pull-request.json')
  writeFileSync(path, JSON.stringify(PULL_REQUEST))
  return { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge', GITHUB_SHA: 'a'.repeat(40), GITHUB_EVENT_PATH: path }
}

async function prepare(world: World): Promise<void> {
  await world.login(world.a)
  await world.login(world.b)
  writeApp(world)
}
