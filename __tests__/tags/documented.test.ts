import type { Event } from '../../src/runner/event.ts'
import { branch, describeFor, dispatch, event, pullRequest, schedule, scope, tag, tagsFor } from './events.ts'

// Each example of https://github.com/docker/metadata-action#readme, under its heading there.

describe('usage', () => {
  test.each<[string, Event, string[]]>([
    ['pull_request 2', pullRequest(2), ['pr-2']],
    ['push master', branch('master'), ['master']],
    ['push releases/v1', branch('releases/v1'), ['releases-v1']],
    ['push tag v1.2.3', tag('v1.2.3'), ['v1.2.3', 'latest']],
    ['push tag v2.0.8-beta.67', tag('v2.0.8-beta.67'), ['v2.0.8-beta.67', 'latest']],
    ['workflow_dispatch master', dispatch(), ['master']],
    ['schedule', schedule(), ['nightly', 'master']],
  ])('basic, without tags: %s', (_, about, names) => {
    expect(tagsFor('', about)).toEqual(names)
  })

  const SEMVER = 'type=ref,event=branch\ntype=ref,event=pr\ntype=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}'
  test.each<[string, Event, string[]]>([
    ['pull_request 2', pullRequest(2), ['pr-2']],
    ['push master', branch('master'), ['master']],
    ['push releases/v1', branch('releases/v1'), ['releases-v1']],
    ['push tag v1.2.3', tag('v1.2.3'), ['1.2.3', '1.2', 'latest']],
    ['push tag v2.0.8-beta.67', tag('v2.0.8-beta.67'), ['2.0.8-beta.67']],
  ])('semver: %s', (_, about, names) => {
    expect(tagsFor(SEMVER, about)).toEqual(names)
  })

  test('tags and labels of the bake file', () => {
    const { references, version, labels } = describeFor({ images: 'name/app', tags: `${SEMVER}\ntype=sha` }, scope(tag('v1.2.3')))
    expect(references.map(({ host, path, tag: name }) => `${host}/${path}:${name}`)).toEqual([
      'docker.io/name/app:1.2.3',
      'docker.io/name/app:1.2',
      'docker.io/name/app:sha-860c190',
      'docker.io/name/app:latest',
    ])
    expect(version).toBe('1.2.3')
    expect(labels).toEqual([
      'org.opencontainers.image.created=2020-01-10T00:30:00.000Z',
      'org.opencontainers.image.description=This your first repo!',
      'org.opencontainers.image.licenses=MIT',
      'org.opencontainers.image.revision=860c1904a1ce19322e91ac35af1ab07466440c37',
      'org.opencontainers.image.source=https://github.com/octocat/Hello-World',
      'org.opencontainers.image.title=Hello-World',
      'org.opencontainers.image.url=https://github.com/octocat/Hello-World',
      'org.opencontainers.image.version=1.2.3',
    ])
  })
})

describe('images', () => {
  test.each([
    ['name/foo\nghcr.io/name/bar', ['docker.io/name/foo', 'ghcr.io/name/bar']],
    ['name=name/foo\nname=ghcr.io/name/bar', ['docker.io/name/foo', 'ghcr.io/name/bar']],
    ['name/foo,enable=true\nname=name/bar,enable=false', ['docker.io/name/foo']],
    ['name=ghcr.io/UserName/Foo,enable=true', ['ghcr.io/username/foo']],
  ])('%j', (images, repositories) => {
    const { references } = describeFor({ images, tags: 'x' }, scope(branch('master')))
    expect(references.map(({ host, path }) => `${host}/${path}`)).toEqual(repositories)
  })
})

describe('flavor', () => {
  test.each([
    ['latest=auto', ['1.2.3', 'latest']],
    ['latest=true', ['1.2.3', 'latest']],
    ['latest=false', ['1.2.3']],
    ['prefix=foo-', ['foo-1.2.3', 'latest']],
    ['prefix=foo-,onlatest=true', ['foo-1.2.3', 'foo-latest']],
    ['suffix=-bar', ['1.2.3-bar', 'latest']],
    ['suffix=-bar,onlatest=true', ['1.2.3-bar', 'latest-bar']],
    ['latest=auto\nprefix=\nsuffix=', ['1.2.3', 'latest']],
    ['prefix={{base_ref}}-,onlatest=true', ['master-1.2.3', 'master-latest']],
  ])('%j', (flavor, names) => {
    expect(tagsFor('type=semver,pattern={{version}}', tag('v1.2.3'), { flavor })).toEqual(names)
  })

  test('latest=true gives latest on a branch as well', () => {
    expect(tagsFor('type=ref,event=branch', branch('dev'), { flavor: 'latest=true' })).toEqual(['dev', 'latest'])
  })
})

describe('type=schedule', () => {
  test.each([
    ['type=schedule', 'nightly'],
    ['type=schedule,pattern=nightly', 'nightly'],
    ["type=schedule,pattern={{date 'YYYYMMDD'}}", '20200110'],
    ["type=schedule,pattern={{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}", '20200110-093000'],
    ['type=schedule,enable=true,priority=1000,prefix=,suffix=,pattern=nightly', 'nightly'],
  ])('%s', (rule, name) => {
    expect(tagsFor(rule, schedule())).toEqual([name])
  })

  test('is for that event alone', () => {
    expect(tagsFor('type=schedule', branch('master'))).toEqual([])
  })
})

describe('type=semver', () => {
  test.each([
    ['v1.2.3', '{{raw}}', '', 'v1.2.3'],
    ['v1.2.3', '{{version}}', '', '1.2.3'],
    ['v1.2.3', '{{major}}.{{minor}}', '', '1.2'],
    ['v1.2.3', 'v{{major}}', '', 'v1'],
    ['v1.2.3', '{{minor}}', '', '2'],
    ['v1.2.3', '{{patch}}', '', '3'],
    ['p1/v1.2.3', '{{version}}', 'v(\\d.\\d.\\d)$', '1.2.3'],
    ['v2.0.8-beta.67', '{{raw}}', '', 'v2.0.8-beta.67'],
    ['v2.0.8-beta.67', '{{version}}', '', '2.0.8-beta.67'],
    ['v2.0.8-beta.67', '{{major}}', '', '2.0.8-beta.67'],
    ['v2.0.8-beta.67', '{{major}}.{{minor}}', '', '2.0.8-beta.67'],
  ])('%s with %s and %j gives %s', (name, pattern, match, expected) => {
    const [first, ...rest] = tagsFor(`type=semver,pattern=${pattern}${match && `,match=${match}`}`, tag(name))
    expect(first).toBe(expected)
    expect(rest).toEqual(name.includes('beta') ? [] : ['latest'])
  })

  test.each([
    ['type=semver,pattern={{version}},value=v1.0.0', ['1.0.0', 'latest']],
    ['type=semver,pattern={{version}},value=p1/v1.0.0,match=v(\\d.\\d.\\d)$', ['1.0.0', 'latest']],
    ['type=semver,enable=true,priority=900,prefix=,suffix=,pattern={{version}},value=,match=', []],
  ])('%s on a branch', (rule, names) => {
    expect(tagsFor(rule, branch('master'))).toEqual(names)
  })

  test('major version zero', () => {
    const rules = ['{{version}}', '{{major}}.{{minor}}', '{{major}},enable=false'].map((pattern) => `type=semver,pattern=${pattern}`)
    expect(tagsFor(rules.join('\n'), tag('v0.1.2'))).toEqual(['0.1.2', '0.1', 'latest'])
  })
})

describe('type=pep440', () => {
  test.each([
    ['1.2.3', '{{raw}}', '', '1.2.3'],
    ['1.2.3', '{{version}}', '', '1.2.3'],
    ['v1.2.3', '{{version}}', '', '1.2.3'],
    ['1.2.3', '{{major}}.{{minor}}', '', '1.2'],
    ['1.2.3', 'v{{major}}', '', 'v1'],
    ['v1.2.3rc2', '{{raw}}', '', 'v1.2.3rc2'],
    ['1.2.3rc2', '{{version}}', '', '1.2.3rc2'],
    ['p1/v1.2.3', '{{version}}', 'v(\\d.\\d.\\d)$', '1.2.3'],
    ['1.2.3rc2', '{{major}}.{{minor}}', '', '1.2.3rc2'],
    ['1.2.3post1', '{{major}}.{{minor}}', '', '1.2.3.post1'],
    ['1.2.3beta2', '{{major}}.{{minor}}', '', '1.2.3b2'],
    ['1.0dev4', '{{major}}.{{minor}}', '', '1.0.dev4'],
  ])('%s with %s and %j gives %s', (name, pattern, match, expected) => {
    const [first, ...rest] = tagsFor(`type=pep440,pattern=${pattern}${match && `,match=${match}`}`, tag(name))
    expect(first).toBe(expected)
    expect(rest).toEqual(/rc|post|beta|dev/.test(name) ? [] : ['latest'])
  })

  test.each([
    ['type=pep440,pattern={{version}},value=1.0.0', ['1.0.0', 'latest']],
    ['type=pep440,pattern={{version}},value=p1/v1.0.0,match=v(\\d.\\d.\\d)$', ['1.0.0', 'latest']],
  ])('%s on a branch', (rule, names) => {
    expect(tagsFor(rule, branch('master'))).toEqual(names)
  })
})

describe('type=match', () => {
  test.each([
    ['v1.2.3', '\\d.\\d.\\d', 0, '1.2.3'],
    ['v2.0.8-beta.67', 'v(.*)', 1, '2.0.8-beta.67'],
    ['v2.0.8-beta.67', 'v(\\d.\\d)', 1, '2.0'],
    ['20200110-RC2', '\\d+', 0, '20200110'],
    ['p1/v1.2.3', 'p1/v(\\d.\\d.\\d)', 1, '1.2.3'],
  ])('%s with %s, group %i gives %s', (name, pattern, group, expected) => {
    expect(tagsFor(`type=match,pattern=${pattern},group=${group}`, tag(name))).toEqual([expected, 'latest'])
  })

  test.each([
    ['type=match,pattern=v(.*),group=1,value=v1.0.0', ['1.0.0', 'latest']],
    ['type=match,enable=true,priority=800,prefix=,suffix=,pattern=v(.*),group=0,value=', []],
  ])('%s on a branch', (rule, names) => {
    expect(tagsFor(rule, branch('master'))).toEqual(names)
  })
})

describe('type=edge', () => {
  test.each([
    ['type=edge', branch('master'), ['edge']],
    ['type=edge', branch('dev'), []],
    ['type=edge,branch=main', branch('main'), ['edge']],
    ['type=edge,enable=true,priority=700,prefix=,suffix=,branch=', branch('master'), ['edge']],
  ])('%s', (rule, about, names) => {
    expect(tagsFor(rule, about)).toEqual(names)
  })
})

describe('type=ref', () => {
  const ALL = 'type=ref,event=branch\ntype=ref,event=tag\ntype=ref,event=pr'
  test.each<[string, Event, string[]]>([
    ['pull_request', pullRequest(2), ['pr-2']],
    ['push master', branch('master'), ['master']],
    ['push my/branch', branch('my/branch'), ['my-branch']],
    ['push tag v1.2.3', tag('v1.2.3'), ['v1.2.3', 'latest']],
    ['push tag v2.0.8-beta.67', tag('v2.0.8-beta.67'), ['v2.0.8-beta.67', 'latest']],
    ['workflow_dispatch', dispatch(), ['master']],
  ])('%s', (_, about, names) => {
    expect(tagsFor(ALL, about)).toEqual(names)
  })

  test('a prefix of its own for pull requests', () => {
    expect(tagsFor('type=ref,enable=true,priority=600,prefix=pull-,suffix=,event=pr', pullRequest(318))).toEqual(['pull-318'])
  })
})

describe('type=raw', () => {
  test.each([
    ['type=raw,value=foo\ntype=raw,value=bar', ['foo', 'bar']],
    ['type=raw,foo\ntype=raw,bar', ['foo', 'bar']],
    ['foo\nbar', ['foo', 'bar']],
    ['type=raw,enable=true,priority=200,prefix=,suffix=,value=', []],
    ['type=raw,value=mytag-{{branch}}-{{sha}}', ['mytag-master-860c190']],
    ['type=raw,value=latest,enable={{is_default_branch}}', ['latest']],
  ])('%j', (rules, names) => {
    expect(tagsFor(rules, branch('master'))).toEqual(names)
  })
})

describe('type=sha', () => {
  test.each([
    ['type=sha', 7, 'sha-860c190'],
    ['type=sha', 12, 'sha-860c1904a1ce'],
    ['type=sha,format=long', 7, 'sha-860c1904a1ce19322e91ac35af1ab07466440c37'],
    ['type=sha,enable=true,priority=100,prefix=sha-,suffix=,format=short', 7, 'sha-860c190'],
    ['type=sha,prefix={{branch}}-', 7, 'master-860c190'],
  ])('%s with %i characters gives %s', (rule, shortSha, name) => {
    expect(tagsFor(rule, scope(branch('master'), { shortSha }))).toEqual([name])
  })
})

describe('notes', () => {
  test('rules with a higher priority come first, and the first one is the version', () => {
    const rules = ['sha', 'raw,foo', 'ref,event=tag', 'edge', 'match,pattern=v(.*),group=1', 'semver,pattern={{version}}', 'schedule']
    const all = rules.map((rule) => `type=${rule}`).join('\n')
    expect(tagsFor(all, tag('v1.2.3'))).toEqual(['1.2.3', 'v1.2.3', 'foo', 'sha-860c190', 'latest'])
    expect(tagsFor(all, schedule())).toEqual(['nightly', 'edge', 'foo', 'sha-860c190'])
    expect(tagsFor('type=sha\ntype=raw,value=foo,priority=50', branch('master'))).toEqual(['sha-860c190', 'foo'])
  })

  test.each<[string, Event, string]>([
    ['{{branch}}', pullRequest(2), ''],
    ['{{branch}}', branch('master'), 'master'],
    ['{{branch}}', branch('my/branch'), 'my-branch'],
    ['{{branch}}', tag('v1.2.3'), ''],
    ['{{tag}}', pullRequest(2), ''],
    ['{{tag}}', branch('master'), ''],
    ['{{tag}}', tag('v1.2.3'), 'v1.2.3'],
    ['{{sha}}', branch('master'), '860c190'],
    ['{{base_ref}}', pullRequest(2), 'master'],
    ['{{base_ref}}', branch('master'), ''],
    ['{{base_ref}}', tag('v1.2.3'), 'master'],
    ['{{is_default_branch}}', branch('master'), 'true'],
    ['{{is_default_branch}}', branch('dev'), 'false'],
    ['{{is_default_branch}}', tag('v1.2.3'), 'false'],
    ['{{is_not_default_branch}}', branch('dev'), 'true'],
    ['{{is_not_default_branch}}', branch('master'), 'false'],
    ["{{date 'YYYYMMDD'}}", branch('master'), '20200110'],
    ["{{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}", branch('master'), '20200110-093000'],
    ["{{commit_date 'YYYYMMDD'}}", branch('master'), '20200110'],
    ["{{commit_date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}", branch('master'), '20200110-093000'],
    ["{{commit_date 'YYYYMMDD'}}", dispatch(), '20200110'],
  ])('%s for %j', (expression, about, value) => {
    expect(tagsFor(`type=raw,value=${expression}`, about)).toEqual(value === '' ? [] : [value])
  })

  test('a date in words, as a label', () => {
    const now = new Date('2020-01-10T15:25:50Z')
    const inputs = { images: 'name/app', labels: "when={{date 'dddd, MMMM Do YYYY, h:mm:ss a'}}" }
    expect(describeFor(inputs, scope(branch('master'), { now })).labels).toContain('when=Friday, January 10th 2020, 3:25:50 pm')
  })

  test('expressions in labels, and own labels win', () => {
    const labels = [
      'maintainer=CrazyMax',
      'org.opencontainers.image.title=MyCustomTitle',
      'org.opencontainers.image.vendor=MyCompany',
      "org.opencontainers.image.created={{commit_date 'YYYY-MM-DDTHH:mm:ss.SSS[Z]'}}",
    ]
    const about = scope(branch('master'), { created: undefined })
    const all = describeFor({ images: 'name/app', labels: labels.join('\n') }, about).labels
    expect(all).toEqual(expect.arrayContaining([...labels.slice(0, 3), 'org.opencontainers.image.created=2020-01-10T00:30:00.000Z']))
    expect(all.filter((line) => line.includes('image.title='))).toHaveLength(1)
  })

  test('levels of annotations', () => {
    const inputs = { images: 'name/app', annotations: 'foo=bar\nindex:own=level' }
    const { annotations } = describeFor(inputs, scope(event('push', 'refs/heads/master'), { levels: ['manifest', 'index'] }))
    expect(annotations).toEqual([
      'index:foo=bar',
      'index:org.opencontainers.image.description=This your first repo!',
      'index:org.opencontainers.image.licenses=MIT',
      'index:org.opencontainers.image.revision=860c1904a1ce19322e91ac35af1ab07466440c37',
      'index:org.opencontainers.image.source=https://github.com/octocat/Hello-World',
      'index:org.opencontainers.image.title=Hello-World',
      'index:org.opencontainers.image.url=https://github.com/octocat/Hello-World',
      'index:org.opencontainers.image.version=master',
      'index:own=level',
      'manifest:foo=bar',
      'manifest:org.opencontainers.image.description=This your first repo!',
      'manifest:org.opencontainers.image.licenses=MIT',
      'manifest:org.opencontainers.image.revision=860c1904a1ce19322e91ac35af1ab07466440c37',
      'manifest:org.opencontainers.image.source=https://github.com/octocat/Hello-World',
      'manifest:org.opencontainers.image.title=Hello-World',
      'manifest:org.opencontainers.image.url=https://github.com/octocat/Hello-World',
      'manifest:org.opencontainers.image.version=master',
    ])
  })
})
