import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../../testbed/action.mjs'
import { bed, passed, scenario, type World } from './bed.ts'
import { push, SHA } from './events.ts'
import { readConfig, readManifest } from './remote.ts'

const KNOWN = {
  'org.opencontainers.image.created': '2020-10-15T08:25:00.000Z',
  'org.opencontainers.image.description': 'A demo, with a comma',
  'org.opencontainers.image.licenses': 'Apache-2.0',
  'org.opencontainers.image.revision': SHA,
  'org.opencontainers.image.source': 'https://code.example.com/yunxiao-demo/app1',
  'org.opencontainers.image.title': 'app1',
  'org.opencontainers.image.url': 'https://code.example.com/yunxiao-demo/app1',
}

describe('tags, labels and annotations', () => {
  scenario('what the rules and the event give is what the registry holds', async (world) => {
    prepare(world)
    await world.login(world.a)
    await world.login(world.b)
    const image = world.repository()
    const inputs = {
      images: `${image.toUpperCase().replace(/^[^/]+/, world.b.host)}\nexample.com/off,enable=false`,
      tags: "# all of them\ntype=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}\ntype=sha\n{{date 'YYYY-MM-DD-HH-mm-ss'}}",
      timezone: 'Asia/Shanghai',
      labels: 'org.opencontainers.image.title=Mine\n# none\nquote=a "b", c',
      annotations: 'own=of {{tag}}',
      push: 'true',
    }
    const step = passed(await world.build(inputs, { env: push('refs/tags/v1.2.3', world) }))

    const names = (step.outputs['tag-names'] ?? '').split('\n')
    expect(names).toEqual(['1.2.3', '1.2', expect.stringMatching(/^\d{4}(?:-\d\d){5}$/), 'sha-d4ef3dc', 'latest'])
    const first = await readManifest(`${image}:1.2.3`, world.b)
    for (const name of names) expect((await readManifest(`${image}:${name}`, world.b)).digest).toBe(first.digest)
    expect(step.outputs).toMatchObject({ digest: first.digest, version: '1.2.3', tags: names.map((name) => `${image}:${name}`).join('\n') })

    const all = { ...KNOWN, 'org.opencontainers.image.version': '1.2.3' }
    const labels = { ...all, 'org.opencontainers.image.title': 'Mine', quote: 'a "b", c' }
    expect((await readConfig(`${image}:1.2.3`, world.b)).config.Labels).toEqual(labels)
    expect(JSON.parse(step.outputs.json ?? '')).toEqual({
      tags: names.map((name) => `${image}:${name}`),
      'tag-names': names,
      labels,
      annotations: (step.outputs.annotations ?? '').split('\n'),
    })
    const { annotations } = first.body as { annotations?: Record<string, string> }
    expect(annotations).toEqual({ ...all, own: 'of v1.2.3' })
  })

  scenario('the same commit, built again later, says the same of itself', async (world) => {
    prepare(world)
    await world.login(world.a)
    await world.login(world.b)
    const image = world.repository()
    const build = async () => {
      const { outputs } = passed(await world.build({ images: image, push: 'true' }, { env: push('refs/heads/main', world) }))
      expect(outputs.tags).toBe(`${image}:main`)
      return { outputs, labels: (await readConfig(`${image}:main`, world.b)).config.Labels }
    }
    const first = await build()
    await world.docker('buildx', 'prune', '--all', '--force')
    const second = await build()
    expect(first.labels).toEqual({ ...KNOWN, 'org.opencontainers.image.version': 'main' })
    expect(second.labels).toEqual(first.labels)
    for (const name of ['labels', 'annotations', 'json']) expect(second.outputs[name]).toBe(first.outputs[name])
  })

  scenario('a push that no rule gives a tag for ends with what to do; without a push it is built without a name', async (world) => {
    prepare(world)
    await world.login(world.a)
    const inputs = { images: world.repository(), tags: 'type=semver,pattern={{version}}' }
    const env = push('refs/heads/main', world)
    const failed = await world.build({ ...inputs, push: 'true' }, { env })
    expect({ exitCode: failed.exitCode, error: failed.error }).toEqual({
      exitCode: 1,
      error:
        'input tags: no rule gives a tag for the branch main, so there is nothing to push to; add one, such as type=sha, or set push to false for such events',
    })
    expect(passed(await world.build(inputs, { env })).outputs).toMatchObject({ tags: '', version: '' })
  })
})

describe('one workflow, wherever it runs', () => {
  const RULES = '- {type: branch, ref: "release-(?<v>.*)", tags: [{tag: "${v}", build-time: yyyyMMddHHmm, commit-id: 8}]}'
  const TAGS = "type=ref,event=branch\ntype=sha\ntype=raw,value={{commit_date 'YYYY-MM-DD-HH-mm-ss' tz='Asia/Shanghai'}}"

  scenario('a plain clone, with no variable of any system', async (world) => {
    const sha = clone(world)
    for (const [inputs, tags] of expected(sha)) {
      const step = passed(
        await world.build({ images: 'app', 'dry-run': 'true', ...inputs }, { env: { CI: undefined, GITHUB_ACTIONS: undefined } }),
      )
      expect(step.outputs.tags).toBe(tags.map((name) => `app:${name}`).join('\n'))
    }
  })

  scenario('an older release in a clone that has newer ones does not move latest', async (world) => {
    clone(world)
    const git = (...args: string[]) => execFileSync('git', args, { cwd: world.job.workspace, env: gitEnv(world) })
    for (const name of ['v2.0.0', 'v2.1.0-rc.1']) git('tag', name)
    git('commit', '--quiet', '--allow-empty', '--message=fix')
    git('tag', 'v1.0.1')
    git('-c', 'advice.detachedHead=false', 'checkout', '--quiet', 'v1.0.1')
    const inputs = { images: 'app', tags: 'type=semver,pattern={{version}}', 'dry-run': 'true' }
    const old = passed(await world.build(inputs, { env: { GITHUB_ACTIONS: undefined } }))
    expect(old.outputs.tags).toBe('app:1.0.1')
    expect(old.stdout).toContain(
      'Tags: type=semver,pattern={{version}}: latest stays where it is, since v2.0.0 is newer than v1.0.1; flavor latest=true moves it all the same',
    )
    const newest = passed(await world.build(inputs, { env: push('refs/tags/v2.0.0', world) }))
    expect(newest.outputs.tags).toBe('app:2.0.0\napp:latest')
  })

  const { act } = bed.tools
  const onAct: typeof scenario = act === undefined ? (name) => test.skip(name, () => undefined) : scenario
  onAct('act', async (world: World) => {
    const sha = clone(world)
    const action = join(world.folder, 'action')
    mkdirSync(action)
    for (const name of ['action.yml', 'dist', 'package.json']) cpSync(join(projectDir, name), join(action, name), { recursive: true })
    const steps: object[] = expected(sha).map(([inputs]) => ({
      uses: 'manifold-ci/manifold@v1',
      with: { images: 'app', 'dry-run': 'true', ...inputs },
    }))
    // act does this step itself, from the folder it is called in.
    steps.unshift({ uses: 'actions/checkout@v4' })
    mkdirSync(join(world.job.workspace, '.github/workflows'), { recursive: true })
    writeFileSync(
      join(world.job.workspace, '.github/workflows/image.yml'),
      JSON.stringify({ on: 'push', jobs: { image: { 'runs-on': 'ubuntu-latest', steps } } }),
    )
    const { status, stdout, stderr } = spawnSync(
      act ?? '',
      ['push', '-P', 'ubuntu-latest=-self-hosted', '--local-repository', `manifold-ci/manifold@v1=${action}`],
      { cwd: world.job.workspace, encoding: 'utf8', env: gitEnv(world), timeout: 60_000 },
    )
    expect({ status, log: status === 0 ? '' : `${stdout}${stderr}` }).toEqual({ status: 0, log: '' })
    const printed = [...stdout.matchAll(/::set-output:: json=(.*)$/gm)].map(
      ([, json = '']) => (JSON.parse(json) as { tags: string[] }).tags,
    )
    expect(printed).toEqual(expected(sha).map(([, tags]) => tags.map((name) => `app:${name}`)))
  })

  /** Inputs and the tags they give for the commit. */
  function expected(sha: string): [Record<string, string>, string[]][] {
    return [
      [{ rules: RULES }, [`v1-202409191224-${sha.slice(0, 8)}`]],
      [{ tags: TAGS }, ['release-v1', '2024-09-19-12-24-56', `sha-${sha.slice(0, 7)}`]],
    ]
  }
})

/** A clone on the branch release-v1, of a commit of 2024-09-19 12:24:56 in UTC+8. @returns the commit */
function clone(world: World): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: world.job.workspace, env: gitEnv(world), encoding: 'utf8' }).trim()
  git('init', '--quiet', '--initial-branch=release-v1')
  git('commit', '--quiet', '--allow-empty', '--message=one')
  return git('rev-parse', 'HEAD')
}

function gitEnv(world: World): Record<string, string | undefined> {
  const who = { NAME: 'test', EMAIL: 'test@example.com', DATE: '2024-09-19T04:24:56Z' }
  return {
    PATH: process.env.PATH,
    HOME: world.folder,
    GIT_CONFIG_NOSYSTEM: '1',
    ...Object.fromEntries(
      Object.entries(who).flatMap(([key, value]) => [
        [`GIT_AUTHOR_${key}`, value],
        [`GIT_COMMITTER_${key}`, value],
      ]),
    ),
  }
}

function prepare(world: World): void {
  world.context({ Dockerfile: `FROM ${bed.base}\nRUN echo tags > /tags\n` })
}
