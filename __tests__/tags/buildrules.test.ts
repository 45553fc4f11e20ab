import type { Event } from '../../src/runner/event.ts'
import { parseBuildRules } from '../../src/tags/buildrule.ts'
import { RULES_ZONE, type SelectedBuild, type SelectionOptions, selectBuilds } from '../../src/tags/selection.ts'
import { branch, event, pullRequest, scope, tag } from './events.ts'

const COMMIT = 'd4ef3dc3b77a011a5779eec7efdd45a1b2c3d4e5'

/** A push at a time, as GitHub tells it: in seconds. */
function push(ref: string, time: string): Event {
  const repository = { pushed_at: new Date(time).getTime() / 1000 }
  return event('push', ref, { repository }, { GITHUB_SHA: COMMIT })
}

function select(rules: string, about: Event, options: Partial<SelectionOptions> = {}): SelectedBuild[] {
  return selectBuilds(parseBuildRules(rules), scope(about), { pullRequests: false, zone: RULES_ZONE, ...options })
}

const tagsOf = (rules: string, about: Event, options?: Partial<SelectionOptions>) => select(rules, about, options).map(({ tags }) => tags)

describe("the registry service's documented examples", () => {
  // https://www.alibabacloud.com/help/en/acr/user-guide/build-images-on-container-registry-enterprise-edition-instances
  test('example 1: the branch main is built as latest', () => {
    const rules = '- {type: branch, ref: main, context: /, dockerfile: Dockerfile, tags: [{tag: latest}]}'
    const [build] = select(rules, push('refs/heads/main', '2020-10-15T08:25:00Z'))
    expect(build).toMatchObject({ tags: ['latest'], context: '.', dockerfile: 'Dockerfile' })
    expect(tagsOf(rules, push('refs/heads/main2', '2020-10-15T08:25:00Z'))).toEqual([])
    expect(tagsOf(rules, push('refs/tags/main', '2020-10-15T08:25:00Z'))).toEqual([])
  })

  test('example 2: a group of the branch name, the time of the push in UTC+8, and 30 characters of the commit id', () => {
    const rules = [
      '- type: branch',
      '  ref: release-(?<imageTag>\\w*)',
      '  tags:',
      '    - tag: ${imageTag}',
      '      build-time: yyyyMMddHHmm',
      '      commit-id: 30',
    ].join('\n')
    expect(tagsOf(rules, push('refs/heads/release-v1', '2020-10-15T08:25:00Z'))).toEqual([
      ['v1-202010151625-d4ef3dc3b77a011a5779eec7efdd45'],
    ])
  })

  test('named groups: release-11-2-10 becomes 11.2.10', () => {
    const rules = '- type: branch\n  ref: release-(?<major>\\d*)-(?<minor>\\d*)-(?<version>\\d*)\n  tags: ["${major}.${minor}.${version}"]'
    expect(tagsOf(rules, push('refs/heads/release-11-2-10', '2020-10-15T08:25:00Z'))).toEqual([['11.2.10']])
  })

  test.each([
    ['build-time: yyyyMMdd', '20201015'],
    ['build-time: yyyyMMddHHmm', '202010151613'],
    ['commit-id: true', 'd4ef3d'],
    ['tag: main', 'main'],
  ])('%s gives %s', (setting, name) => {
    expect(tagsOf(`- type: branch\n  ref: main\n  tags:\n    - ${setting}`, push('refs/heads/main', '2020-10-15T08:13:00Z'))).toEqual([
      [name],
    ])
  })
})

describe('which rules match', () => {
  const RULES = [
    '- {type: branch, ref: release-1.0, tags: [plain]}',
    '- {type: branch, ref: "release-.*", tags: [any]}',
    '- {type: tag, ref: "v(?<n>\\\\d+)", tags: ["n${n}"]}',
    '- {type: Branch, ref: "/RELEASE-.*/i", tags: [flags]}',
  ].join('\n')

  test.each<[string, Event, string[][]]>([
    ['every rule that matches', branch('release-1.0'), [['plain'], ['any'], ['flags']]],
    ['a dot in a name is a dot', branch('release-1x0'), [['any'], ['flags']]],
    ['the whole name must match', branch('my-release-1.0'), []],
    ['case counts', branch('Release-1'), [['flags']]],
    ['a tag', tag('v12'), [['n12']]],
    ['a tag in whole', tag('v12-rc'), []],
    ['a tag is no branch', tag('release-1.0'), []],
    ['a branch is no tag', branch('v12'), []],
    ['a pull request is no branch', pullRequest(1, 'release-1.0'), []],
    ['nor is a merge queue', event('merge_group', 'refs/heads/gh-readonly-queue/main/pr-7-abc'), []],
  ])('%s', (_, about, names) => {
    expect(tagsOf(RULES, about)).toEqual(names)
  })

  test('a pull request counts for its branch when that is asked for', () => {
    expect(tagsOf(RULES, pullRequest(1, 'release-1.0'), { pullRequests: true })).toEqual([['plain'], ['any'], ['flags']])
  })

  test('the title names the rule', () => {
    expect(select(RULES, tag('v12')).map(({ rule, title }) => `${rule} ${title}`)).toEqual(['3 tag v(?<n>\\d+)'])
  })

  test('a pattern that would take years ends within a second', () => {
    const start = performance.now()
    const name = `${'a'.repeat(200)}!`
    expect(() => tagsOf('- type: branch\n  ref: (\\w+)+\n  tags: [x]', branch(name))).toThrow(
      'rule 1, field ref, line 2: takes too long on a name of 201 characters; write it without a repetition in a repetition, such as (a+)+',
    )
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('what a rule says of the build', () => {
  test('all its fields, with groups in them', () => {
    const rules = `
- type: branch
  ref: (?<app>\\w+)/(?<flavour>[\\w-]+)
  context: apps/\${app}
  dockerfile: \${flavour}.Dockerfile
  platforms: [linux/amd64, arm/v7, aarch64, "linux/amd64,arm/v6"]
  build-args:
    FLAVOUR: \${flavour}
    Debug: false
    lower_Case: "a, b = \\"c\\" $\${HOME}"
    EMPTY:
  no-cache: true
  target: final
  tags:
    - \${app}
    - tag: \${app}-\${flavour}
    - tag: \${app}
      commit-id: 10
    - tag: "\${app}"`
    expect(select(rules, branch('web/slim-1'))).toEqual([
      {
        rule: 1,
        title: 'branch (?<app>\\w+)/(?<flavour>[\\w-]+)',
        tags: ['web', 'web-slim-1', 'web-860c1904a1'],
        context: 'apps/web',
        dockerfile: 'slim-1.Dockerfile',
        platforms: ['linux/amd64', 'linux/arm/v7', 'linux/arm64', 'linux/arm/v6'],
        buildArgs: ['FLAVOUR=slim-1', 'Debug=false', 'lower_Case=a, b = "c" ${HOME}', 'EMPTY='],
        noCache: true,
        target: 'final',
      },
    ])
  })

  test('what is not said is left to the inputs', () => {
    const [build] = select('- {type: branch, ref: main, tags: latest}', branch('main'))
    expect(build).toEqual({ rule: 1, title: 'branch main', tags: ['latest'], buildArgs: [] })
  })

  test('arguments as lines, one of them from the environment', () => {
    const [build] = select('- {type: branch, ref: main, tags: latest, build-args: ["A=1", NAME]}', branch('main'))
    expect(build?.buildArgs).toEqual(['A=1', 'NAME'])
  })

  test('a name with characters that no tag may hold', () => {
    expect(tagsOf('- {type: branch, ref: "(?<b>.*)", tags: ["${b}"]}', branch('feature/login#2'))).toEqual([['feature-login-2']])
  })

  test.each([
    ['UTC+8', '2024-09-19-12-24-56'],
    ['UTC', '2024-09-19-04-24-56'],
    ['America/New_York', '2024-09-19-00-24-56'],
  ])("Flow's time in %s", (zone, name) => {
    const rules = '- {type: branch, ref: main, tags: [{build-time: yyyy-MM-dd-HH-mm-ss}]}'
    expect(tagsOf(rules, push('refs/heads/main', '2024-09-19T04:24:56Z'), { zone })).toEqual([[name]])
  })

  test("where nobody says when the push was, it is the commit's time", () => {
    expect(tagsOf('- {type: branch, ref: main, tags: [{build-time: yyyyMMddHHmm}]}', branch('main'))).toEqual([['202001100830']])
  })

  test("of a pull request, the commit id is its own commit's", () => {
    const rules = '- {type: branch, ref: feature, tags: [{commit-id: true}]}'
    expect(tagsOf(rules, pullRequest(1), { pullRequests: true })).toEqual([['f11797']])
  })
})

describe('a rule that is wrong is named, with field and line', () => {
  const rule = (fields: string) => `- type: branch\n  ref: release-(?<imageTag>\\w*)\n${fields}`

  test.each([
    ['no YAML', '- type: [branch', /^line 1: is not valid YAML: [\w ]+; quote values with special characters$/],
    ['nothing', '', 'line 1: there is no list of rules; begin each rule with "- type: branch"'],
    ['no list', 'type: branch', 'line 1: there is no list of rules; begin each rule with "- type: branch"'],
    ['an empty list', '[]', 'line 1: there is no list of rules; begin each rule with "- type: branch"'],
    ['a rule of text', '- main', 'rule 1, line 1: is not a set of fields; begin it with "- type: branch"'],
    ['two documents', '- a\n---\n- b', 'line 1: is not valid YAML: there is more than one document'],
    ['a key twice', rule('  type: tag'), 'line 3: is not valid YAML: a key is there twice'],
    ['no type', '- ref: main\n  tags: [x]', 'rule 1, field type, line 1: must be branch or tag'],
    ['an unknown type', '- type: commit\n  ref: x\n  tags: [x]', 'rule 1, field type, line 1: must be branch or tag'],
    ['no ref', '- type: tag\n  tags: [x]', 'rule 1, field ref, line 1: is missing; write the name of a branch or tag'],
    [
      'a bad expression',
      '- type: tag\n  ref: v(\\d\n  tags: [x]',
      'rule 1, field ref, line 2: is not a regular expression: /v(\\d/: Unterminated group',
    ],
    ['an unknown key', rule('  dockerFile: x'), 'rule 1, field dockerFile, line 3: is not known; did you mean "dockerfile"?'],
    [
      'an unknown key in a tag',
      rule('  tags:\n    - commitid: 3'),
      'rule 1, field tags.commitid, line 4: is not known; did you mean "commit-id"?',
    ],
    ['a key that is like none', rule('  zzz: x'), 'rule 1, field zzz, line 3: is not known; known are type, ref, context'],
    ['no tags', rule(''), 'rule 1, field tags, line 1: is missing; give at least one, as in "- tag: latest"'],
    ['an empty list of tags', rule('  tags: []'), 'rule 1, field tags, line 3: there is none; give at least one'],
    ['an empty tag', rule('  tags: [""]'), 'rule 1, field tags, line 3: is empty; write a tag'],
    [
      'a tag with nothing in it',
      rule('  tags:\n    - tag:'),
      'rule 1, field tags, line 4: is empty; give it a tag, a build-time or a commit-id',
    ],
    ['a tag that is a list', rule('  tags: [[a]]'), 'rule 1, field tags, line 3: must be text, or a set of tag, build-time and commit-id'],
    [
      'an unknown group',
      rule('  tags: ["${imagetag}"]'),
      'rule 1, field tags, line 3: ${imagetag} is not a group of the ref; did you mean "imageTag"?',
    ],
    [
      'an unknown group in a path',
      rule('  context: a/${x}\n  tags: [x]'),
      'rule 1, field context, line 3: ${x} is not a group of the ref; known are imageTag',
    ],
    [
      'a group where there are none',
      '- type: branch\n  ref: main\n  tags: ["${x}"]',
      '${x} needs a group in the ref, as in release-(?<x>\\w*)',
    ],
    ['braces without a name', rule('  tags: ["${}"]'), 'rule 1, field tags, line 3: "${" must be followed by a name and "}"'],
    [
      'an unknown time',
      rule('  tags: [{build-time: yyyymmdd}]'),
      'rule 1, field tags.build-time, line 3: "yyyymmdd" is not known; did you mean "yyyyMMdd"?',
    ],
    [
      'a commit id of nothing',
      rule('  tags: [{commit-id: 0}]'),
      'rule 1, field tags.commit-id, line 3: must be a number of characters from 1 to 40',
    ],
    [
      'a commit id that is too long',
      rule('  tags: [{commit-id: 41}]'),
      'field tags.commit-id, line 3: must be a number of characters from 1 to 40',
    ],
    [
      'a platform of Windows',
      rule('  tags: [x]\n  platforms:\n    - linux/amd64\n    - windows/amd64'),
      'rule 1, field platforms, line 6: "windows/amd64": Windows images cannot be built here',
    ],
    [
      'an unknown platform',
      rule('  tags: [x]\n  platforms: linux/amd65'),
      'rule 1, field platforms, line 4: "linux/amd65" names an unknown architecture',
    ],
    ['a switch', rule('  tags: [x]\n  no-cache: yes'), 'rule 1, field no-cache, line 4: must be true or false'],
    ['a list for text', rule('  tags: [x]\n  target: [a]'), 'rule 1, field target, line 4: must be text'],
    ['a map for a list', rule('  tags: [x]\n  platforms: {a: b}'), 'rule 1, field platforms, line 4: must be text or a list'],
    [
      'an argument without a name',
      rule('  tags: [x]\n  build-args: ["=secret"]'),
      /^rule 1, field build-args, line 4: an argument has no name; write it as NAME: value$/,
    ],
    [
      'an argument that is a list',
      rule('  tags: [x]\n  build-args:\n    TOKEN: [secret]'),
      /^rule 1, field build-args, line 5: the value of "TOKEN" must be text; quote it$/,
    ],
    [
      'an open brace in an argument',
      rule('  tags: [x]\n  build-args:\n    TOKEN: "a${secret"'),
      /^rule 1, field build-args, line 5: "\$\{" must be followed by a name and "\}", as in \$\{imageTag\}; write \$\$\{ for the characters themselves$/,
    ],
    [
      'the second rule',
      `${rule('  tags: [x]')}\n- type: tag\n  ref: x\n  tag: y`,
      'rule 2, field tag, line 6: is not known; did you mean "tags"?',
    ],
  ])('%s', (_, rules, message) => {
    expect(() => parseBuildRules(rules)).toThrow(message)
  })

  test.each<[string, string, Event, string]>([
    [
      'a tag of nothing',
      '- type: branch\n  ref: a(?<x>.*)\n  tags: ["${x}"]',
      branch('a'),
      'rule 1, field tags, line 3: "${x}" comes to nothing for refs/heads/a',
    ],
    [
      'a tag without a letter',
      '- type: branch\n  ref: (?<x>.*)\n  tags: ["${x}"]',
      branch('功能'),
      'rule 1, field tags, line 3: "功能" has no letter or digit that a tag may hold',
    ],
    [
      'a way out of the folder',
      '- type: branch\n  ref: (?<x>.*)\n  context: apps/${x}\n  tags: [y]',
      branch('a/../b'),
      'rule 1, field context, line 3: ${x} is "a/../b", which leads out of the folder',
    ],
    [
      'no commit',
      '- type: branch\n  ref: a\n  tags: [{commit-id: 3}]',
      event('push', 'refs/heads/a', {}, { GITHUB_SHA: '' }),
      'rule 1, field tags, line 3: needs a commit id, but no commit is known',
    ],
  ])('%s', (_, rules, about, message) => {
    expect(() => tagsOf(rules, about)).toThrow(message)
  })
})
