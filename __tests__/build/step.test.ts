import { type Source, WORKSPACE } from '../../src/build/context.ts'
import { previewLines, previewStep } from '../../src/build/preview.ts'
import { readStep, type Step } from '../../src/build/step.ts'
import { formatReference } from '../../src/registry/reference.ts'
import type { Event } from '../../src/runner/event.ts'
import { branch, event, pullRequest, scope, tag } from '../tags/events.ts'

function read(inputs: Record<string, string>, about: Event = branch('release-v1'), rulesFile?: string, source: Source = WORKSPACE): Step {
  return readStep((name) => inputs[name] ?? '', { scope: scope(about), rulesFile, source })
}

const RULES = `
- {type: branch, ref: "release-(?<v>.*)", context: app, dockerfile: "\${v}.Dockerfile", build-args: {A: "2, \\"x\\"\\n", B: "\${v}"}, tags: ["\${v}"]}
- {type: branch, ref: "release-.*", platforms: [arm64], no-cache: true, target: last, tags: [any]}
`

describe('without rules', () => {
  test('there is one build, of what the inputs say', () => {
    const { builds, skipped } = read({ images: 'a.io/x', tags: '1\na.io/y:2', labels: 'l=1', annotations: 'index:a=b' })
    const [{ rule, config, image } = never()] = builds
    expect([builds.length, rule, skipped]).toEqual([1, undefined, ''])
    expect(config.references.map(formatReference)).toEqual(['a.io/x:1', 'a.io/y:2'])
    expect(config.labels).toBe(image.labels)
    expect(config.labels).toContain('l=1')
    expect(config.annotations).toContain('index:a=b')
  })

  test('full references alone get no labels', () => {
    const [{ config } = never()] = read({ tags: 'a.io/x:1' }).builds
    expect([config.labels, config.annotations]).toEqual([[], []])
  })

  test.each<[string, Record<string, string>, Event, string]>([
    [
      'a branch',
      { tags: 'type=ref,event=tag' },
      branch('x'),
      'input tags: no rule gives a tag for the branch x, so there is nothing to push to; add one, such as type=sha',
    ],
    ['a tag', { tags: 'type=edge' }, tag('v1'), 'no rule gives a tag for the tag v1,'],
    ['a pull request', { tags: 'type=edge' }, pullRequest(3), 'no rule gives a tag for pull request 3,'],
    ['nothing known', { tags: 'type=edge' }, event('workflow_run', ''), 'no rule gives a tag for this event, which has no ref,'],
    [
      'images switched off',
      { images: 'name=a,enable=false' },
      branch('x'),
      'input images: none is enabled, so there is nothing to push to; set push to false for such events',
    ],
  ])('a push without a tag is refused: %s', (_, inputs, about, message) => {
    const all = { images: 'a.io/x', ...inputs }
    expect(() => read({ ...all, push: 'true' }, about)).toThrow(message)
    expect(read(all, about).builds[0]?.config.references).toEqual([])
    expect(
      read({ ...all, push: 'true', 'build-params': '-t a.io/own:1' }, about).builds[0]?.config.references.map(formatReference),
    ).toEqual(['a.io/own:1'])
  })
})

describe('with rules', () => {
  test('each that matches is a build, with the inputs where it says nothing', () => {
    const inputs = {
      images: 'a.io/x\na.io/y',
      context: 'base',
      file: 'base/Own',
      platforms: 'amd64',
      'build-args': 'A=1\n"C=3\n4"',
      target: 'first',
    }
    const [first = never(), second = never()] = read({ ...inputs, rules: RULES }).builds
    expect(first).toMatchObject({
      rule: { number: 1, title: 'branch release-(?<v>.*)' },
      image: { version: 'v1', tagNames: ['v1'] },
      config: {
        context: 'app',
        file: 'app/v1.Dockerfile',
        platforms: ['linux/amd64'],
        target: 'first',
        noCache: false,
        buildArgs: ['A=1', 'C=3\n4', 'A=2, "x"\n', 'B=v1'],
      },
    })
    expect(first.config.references.map(formatReference)).toEqual(['a.io/x:v1', 'a.io/y:v1'])
    expect(first.config.labels).toContain('org.opencontainers.image.version=v1')
    expect(second).toMatchObject({
      rule: { number: 2, title: 'branch release-.*' },
      config: {
        context: 'base',
        file: 'base/Own',
        platforms: ['linux/arm64'],
        target: 'last',
        noCache: true,
        buildArgs: ['A=1', 'C=3\n4'],
      },
    })
  })

  test.each([
    ['context: app', 'app', undefined],
    ['dockerfile: x/Other', 'base', 'base/x/Other'],
    ['context: /', '.', undefined],
    ['context: /, dockerfile: /Dockerfile', '.', 'Dockerfile'],
    ['context: "https://example.com/r.git", dockerfile: x', 'https://example.com/r.git', 'x'],
    ['target: t', 'base', 'base/Own'],
  ])('%s', (fields, context, file) => {
    const inputs = { images: 'x', context: 'base', file: 'base/Own', rules: `- {type: branch, ref: main, tags: [x], ${fields}}` }
    expect(read(inputs, branch('main')).builds[0]?.config).toMatchObject({ context, file })
  })

  test('rules that build something else have caches of their own, whichever match', () => {
    const rules = ['x', 'y', 'z'].map(
      (name) => `- {type: branch, ref: "${name}|all", dockerfile: ${name === 'y' ? 'Other' : 'Same'}, tags: [${name}]}`,
    )
    const caches = (about: string, cache: Record<string, string>) =>
      read({ images: 'a.io/x', rules: rules.join('\n'), ...cache }, branch(about)).builds.map(
        ({
          config: {
            cache: { store },
          },
        }) => {
          return store.kind === 'registry' ? formatReference(store.reference) : store.kind === 'directory' ? store.scope : store.kind
        },
      )
    const [first = '', second = '', third = ''] = caches('all', { cache: 'registry' })
    expect(first).toBe('a.io/x:flow-docker-build-cache')
    expect(second).toMatch(/^a\.io\/x:flow-docker-build-cache-[0-9a-f]{8}$/)
    expect(third).toBe(first)
    expect(caches('y', { cache: 'registry' })).toEqual([second])
    expect(caches('all', { cache: 'registry', 'cache-ref': 'a.io/c:mine' })[1]).toMatch(/^a\.io\/c:mine-[0-9a-f]{8}$/)
    const [one, two, three] = caches('all', { cache: 'local', 'cache-dir': 'c' })
    expect([one === three, one === two]).toEqual([true, false])
  })

  test.each<[string, Event, string]>([
    ['a branch', branch('main'), 'input rules: none of the 2 rules is for the branch main, so there is nothing to build'],
    [
      'a pull request',
      pullRequest(4, 'release-x'),
      'is for pull request 4, so there is nothing to build; a pull request counts for its branch with pull-requests: true',
    ],
  ])('none that matches: %s', (_, about, skipped) => {
    const step = read({ images: 'x', rules: RULES, push: 'true' }, about)
    expect(step.builds).toEqual([])
    expect(step.skipped).toContain(skipped)
  })

  test.each<[string, Record<string, string>, string | undefined, string]>([
    ['tags', { tags: '1' }, undefined, 'input tags: cannot be used together with rules, which name their own tags'],
    ['a flavor', { flavor: 'latest=true' }, undefined, 'input flavor: cannot be used together with rules'],
    ['no image', { images: '' }, undefined, 'input images: is empty, but the tags of rules are for images; name at least one'],
    ['rules twice', {}, RULES, 'input rules-file: cannot be used together with rules; keep one of them'],
    [
      'pull-requests alone',
      { rules: '', 'pull-requests': 'true' },
      undefined,
      'input pull-requests: is only used with rules; set rules or rules-file',
    ],
    ['a wrong rule', { rules: '- x' }, undefined, 'input rules: rule 1, line 1: is not a set of fields'],
    ['a wrong rule in the file', { rules: '' }, '- x', 'input rules-file: rule 1, line 1: is not a set of fields'],
    [
      'a rule that fails on this event',
      { rules: '- {type: branch, ref: "(?<x>y)?.*", tags: ["${x}"]}' },
      undefined,
      'input rules: rule 1, field tags, line 1: "${x}" comes to nothing',
    ],
    ['a zone', { timezone: 'Mars' }, undefined, 'input timezone: "Mars" is not a time zone'],
  ])('%s is refused', (_, changes, file, message) => {
    expect(() => read({ images: 'x', rules: RULES, ...changes }, branch('main'), file)).toThrow(message)
  })
})

describe('the preview', () => {
  test('says what would be done, without values of build arguments', () => {
    const step = read({ images: 'a.io/x', rules: RULES, push: 'true', 'dry-run': 'true' })
    const preview = previewStep(step)
    expect(preview).toMatchObject({
      event: { name: 'push', ref: 'refs/heads/release-v1' },
      skipped: false,
      builds: [
        {
          rule: { number: 1 },
          context: 'app',
          file: 'app/v1.Dockerfile',
          'build-args': ['A=…', 'B=…'],
          tags: ['a.io/x:v1'],
          pushed: ['a.io/x:v1'],
          push: true,
        },
        { rule: { number: 2 }, platforms: ['linux/arm64'], target: 'last', 'no-cache': true, cache: 'none', 'cache-ref': '' },
      ],
    })
    expect(previewLines(step)).toEqual([
      "Rule 1 (branch release-(?<v>.*)): would build app with app/v1.Dockerfile for the builder's own platform",
      '  and push a.io/x:v1',
      'Rule 2 (branch release-.*): would build . for linux/arm64',
      '  and push a.io/x:any',
    ])
  })

  test('of one build that is not pushed', () => {
    const step = read({ images: 'x', tags: '1', 'dry-run': 'true' })
    expect(previewStep(step).builds[0]).toMatchObject({ rule: null, pushed: [], push: false, load: false })
    expect(previewLines(step)).toEqual(["would build . for the builder's own platform", '  as x:1'])
  })
})

function never(): never {
  throw new Error('there is no such build')
}

test.each<[string, string, string | undefined]>([
  ['context: app, dockerfile: my.Dockerfile', 'https://github.com/me/app.git#abc:app', 'my.Dockerfile'],
  ['context: .', 'https://github.com/me/app.git#abc', undefined],
  ['no-cache: false', 'https://github.com/me/app.git#abc', undefined],
  ['context: "https://example.com/x.git"', 'https://example.com/x.git', undefined],
])('a rule with %s where nothing is checked out', (fields, context, file) => {
  const git = { repository: 'https://github.com/me/app.git', address: 'https://github.com/me/app.git#abc', host: 'github.com' }
  const rules = `- {type: branch, ref: release-v1, ${fields}, tags: [x]}`
  const { builds } = read({ images: 'app', rules }, branch('release-v1'), undefined, { checkout: false, git, epoch: undefined })
  expect(builds.map(({ config }) => [config.context, config.file])).toEqual([[context, file]])
})
