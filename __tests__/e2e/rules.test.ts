import { bed, failed, passed, type StepResult, scenario, type World } from './bed.ts'
import { readCommands } from './commands.ts'
import { push, SHA } from './events.ts'
import { platformsOf, readConfig, readManifest } from './remote.ts'

const RULES = `
- type: branch
  ref: release-(?<imageTag>\\w*)
  context: app
  platforms: [linux/amd64, linux/arm64]
  build-args:
    FLAVOUR: 'plain, "$\${imageTag}" of \${imageTag}'
  tags:
    - tag: \${imageTag}
      build-time: yyyyMMddHHmm
      commit-id: 30
    - \${imageTag}
- type: tag
  ref: v.*
  tags: [never]
- type: branch
  ref: release-.*
  context: app
  dockerfile: slim.Dockerfile
  platforms: [linux/amd64]
  target: final
  tags: [slim]
`

const DATED = 'v1-202010151625-d4ef3dc3b77a011a5779eec7efdd45'

describe('build rules', () => {
  scenario('one push on release-v1 builds all rules that match, each with its own outputs', async (world) => {
    prepare(world)
    await world.login(world.a)
    await world.login(world.b)
    const image = world.repository()
    const env = push('refs/heads/release-v1', world)
    const step = passed(await world.build({ images: image, rules: RULES, push: 'true', 'build-args': 'COMMON=1' }, { env }))

    const [first, second, ...more] = results(step)
    expect(more).toEqual([])
    const index = await readManifest(`${image}:${DATED}`, world.b)
    const { 'unknown/unknown': _attestations, ...platforms } = platformsOf(index)
    expect(Object.keys(platforms)).toEqual(['linux/amd64', 'linux/arm64'])
    expect((await readManifest(`${image}:v1`, world.b)).digest).toBe(index.digest)
    expect(first).toMatchObject({
      rule: { number: 1, title: 'branch release-(?<imageTag>\\w*)' },
      digest: index.digest,
      image: `${image}@${index.digest}`,
      tags: [`${image}:${DATED}`, `${image}:v1`],
      'tag-names': [DATED, 'v1'],
      version: DATED,
      platforms,
    })

    const slim = await readManifest(`${image}:slim`, world.b)
    expect(second).toMatchObject({ rule: { number: 3 }, digest: slim.digest, tags: [`${image}:slim`], version: 'slim' })
    expect((await readManifest(`${image}:never`, world.b)).status).toBe(404)

    // What the rules said came to be: arguments word for word, the target, the Dockerfile beside the context.
    const amd64 = await readConfig(`${image}@${platforms['linux/amd64']}`, world.b)
    expect(amd64.config.Env).toEqual(expect.arrayContaining(['SAID=plain, "${imageTag}" of v1 1']))
    expect((await readConfig(`${image}:slim`, world.b)).config.Labels).toMatchObject({ from: 'slim final' })

    // The plain outputs are the first one's.
    const { digest, tags, version, skipped } = step.outputs
    expect({ digest, tags, version, skipped }).toEqual({
      digest: index.digest,
      tags: `${image}:${DATED}\n${image}:v1`,
      version: DATED,
      skipped: 'false',
    })
  })

  scenario('none that matches is a success, said in one line; nothing of docker is needed', async (world) => {
    prepare(world)
    const env = { ...push('refs/heads/main', world), ...withoutDocker(world) }
    const step = passed(await world.build({ images: world.repository(), rules: RULES, push: 'true' }, { env }))
    const { skipped, results: all, tags, version, digest } = step.outputs
    expect({ skipped, all, tags, version, digest }).toEqual({ skipped: 'true', all: '[]', tags: '', version: '', digest: undefined })
    const notices = readCommands(step.stdout).filter(({ name }) => name === 'notice')
    expect(notices.map(({ message }) => message)).toEqual([
      'input rules: none of the 3 rules is for the branch main, so there is nothing to build',
    ])
    expect((await world.job.posts()).map(({ exitCode }) => exitCode)).toEqual([0])
  })

  scenario('a dry run says all that a real one does, with no process of docker and no engine', async (world) => {
    prepare(world)
    await world.login(world.a)
    await world.login(world.b)
    const image = world.repository()
    const inputs = { images: image, rules: RULES, push: 'true', labels: 'own=label' }
    const env = push('refs/heads/release-v1', world)
    const dry = passed(await world.build({ ...inputs, 'dry-run': 'true' }, { env: { ...env, ...withoutDocker(world) } }))
    const real = passed(await world.build(inputs, { env }))

    for (const name of ['tags', 'tag-names', 'version', 'labels', 'annotations', 'json', 'skipped']) {
      expect({ [name]: dry.outputs[name] }).toEqual({ [name]: real.outputs[name] })
      expect(dry.outputs[name]).not.toBe('')
    }
    expect(dry.outputs.digest).toBeUndefined()
    const plan = JSON.parse(dry.outputs.plan ?? '')
    expect(plan).toMatchObject({
      event: { name: 'push', ref: 'refs/heads/release-v1', sha: SHA },
      skipped: false,
      builds: [
        {
          rule: { number: 1, title: 'branch release-(?<imageTag>\\w*)' },
          context: 'app',
          platforms: ['linux/amd64', 'linux/arm64'],
          'build-args': ['FLAVOUR=…'],
          tags: [`${image}:${DATED}`, `${image}:v1`],
          pushed: [`${image}:${DATED}`, `${image}:v1`],
        },
        { rule: { number: 3 }, file: 'app/slim.Dockerfile', target: 'final', pushed: [`${image}:slim`] },
      ],
    })
    expect(dry.stdout).toContain(
      `Rule 3 (branch release-.*): would build app with app/slim.Dockerfile for linux/amd64\n  and push ${image}:slim`,
    )
    expect(JSON.stringify(dry)).not.toContain('plain, ')
  })

  scenario('rules from a file, and a pull request that counts for its branch', async (world) => {
    prepare(world)
    world.context({ 'ci/rules.yml': '- {type: branch, ref: "release-(?<v>.*)", tags: ["pr-${v}"]}' })
    const env = {
      ...push('refs/heads/x', world),
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: 'refs/pull/7/merge',
      GITHUB_HEAD_REF: 'release-9',
    }
    const inputs = { images: 'app', 'rules-file': 'ci/rules.yml', 'dry-run': 'true' }
    expect(passed(await world.build(inputs, { env })).outputs).toMatchObject({ skipped: 'true', tags: '' })
    const asked = passed(await world.build({ ...inputs, 'pull-requests': 'true' }, { env }))
    expect(asked.outputs).toMatchObject({ skipped: 'false', tags: 'app:pr-9' })
    expect(failed(await world.build({ ...inputs, 'rules-file': 'ci/none.yml' }, { env }))).toMatch(
      /^input rules-file: cannot read "ci\/none\.yml" \(ENOENT\); check the path, which counts from the workspace/,
    )
  })

  scenario('what is wrong is named, and no argument is shown', async (world) => {
    prepare(world)
    const env = { ...push(`refs/heads/${'a'.repeat(200)}!`, world), ...withoutDocker(world) }
    const build = (rules: string) => world.build({ images: 'app', rules }, { env })
    const timed = async (rules: string) => {
      const start = performance.now()
      const step = await build(rules)
      return { step, took: performance.now() - start }
    }
    const ordinary = await timed('- x')
    const years = await timed('- {type: branch, ref: "(\\\\w+)+", tags: [x]}')
    expect(failed(years.step)).toBe(
      'input rules: rule 1, field ref, line 1: takes too long on a name of 201 characters; write it without a repetition in a repetition, such as (a+)+',
    )
    expect(years.took - ordinary.took).toBeLessThan(1000)
    const step = await build('- type: branch\n  ref: .*\n  tags: [x]\n  build-args: {TOKEN: "s3cr3t-word", PART: "${s3cr3t-word"}')
    expect(failed(step)).toMatch(/^input rules: rule 1, field build-args, line 4: "\$\{" must be followed by a name/)
    expect(JSON.stringify(step)).not.toContain('s3cr3t-word')
  })
})

function results({ outputs }: StepResult): Record<string, unknown>[] {
  return JSON.parse(outputs.results ?? 'null') as Record<string, unknown>[]
}

/** An environment in which calling docker fails the step, and there is no engine to be found. */
function withoutDocker(world: World): Record<string, string> {
  const fail = '#!/bin/sh\necho "docker was called: $*" >&2\nexit 99\n'
  const bin = world.programs({ docker: fail, buildx: fail, 'docker-buildx': fail })
  return { PATH: `${bin}:${process.env.PATH}`, DOCKER_HOST: 'tcp://127.0.0.1:1' }
}

function prepare(world: World): void {
  world.context({
    'app/Dockerfile': `FROM ${bed.base}\nARG FLAVOUR\nARG COMMON\nENV SAID="$FLAVOUR $COMMON"\n`,
    'app/slim.Dockerfile': `FROM ${bed.base} AS final\nLABEL from="slim final"\nFROM final AS never\nRUN exit 1\n`,
  })
}
