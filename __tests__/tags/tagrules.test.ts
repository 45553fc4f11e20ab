import type { Event } from '../../src/runner/event.ts'
import { makeScope } from '../../src/tags/scope.ts'
import { branch, describeFor, dispatch, event, pullRequest, SHA, scope, tag, tagsFor } from './events.ts'

describe('notation', () => {
  test.each([
    ['comments and blank lines', '# type=raw,value=no "quote\n\ntype=raw,value=foo#bar\r\n  # another', ['foo-bar']],
    ['bare tags on one line', '1.0, latest,,2024-09-19-12-24-56', ['1.0', 'latest', '2024-09-19-12-24-56']],
    ['a field in quotes holds commas', 'type=match,"pattern=v(\\d{1,3})",group=1,value=v12', ['12', 'latest']],
    ['a line in quotes', '"type=match,""pattern=v(\\d{1,3})"",group=1,value=v12"', ['12', 'latest']],
    ['each field in quotes', '"type=raw","value=a""b"', ['a-b']],
    ['an expression holds commas and quotes', 'type=raw,value={{date "MMM D, YYYY"}}', ['Jan-10-2020']],
    ['an expression in a bare tag', "{{branch}}-{{date 'HH:mm'}}", ['master-00-30']],
    ['blanks in an expression', "type=raw,value={{ branch }}-{{  date  'YYYY'  tz='UTC'  }}-{{{sha}}}", ['master-2020-860c190']],
    ['keys in capitals and blanks around them', 'Type=raw , Value = foo', ['foo']],
    ['attributes without a type', 'foo,enable=true\nvalue=bar', ['foo', 'bar']],
    ['an expression of the workflow that came to nothing', 'type=raw,', []],
    ['the same tag from several rules', 'foo\ntype=raw,value=foo\ntype=ref,event=branch\nmaster', ['master', 'foo']],
    ['the tag latest by itself', 'latest\ntype=semver,pattern={{version}},value=1.0.0', ['1.0.0', 'latest']],
    ['switched off', 'foo\nbar,enable=false\ntype=sha,enable={{is_not_default_branch}}', ['foo']],
    ['flags of an expression', 'type=match,pattern=/V(.*)/i,group=1,value=v1.2', ['1.2', 'latest']],
    [
      'a field of semver beyond the documented ones',
      'type=semver,pattern={{version}}-{{build}}-{{sha}},value=1.2.3+7',
      ['1.2.3-7-860c190', 'latest'],
    ],
    ['characters that no tag may hold', 'type=raw,value=a b/ç@#d', ['a-b-d']],
    ['a dot or dash in front', 'type=raw,value=.-.hidden\ntype=raw,value=-x\ntype=raw,value=_y', ['hidden', 'x', '_y']],
  ])('%s', (_, tags, names) => {
    expect(tagsFor(tags, branch('master'))).toEqual(names)
  })

  test.each([
    [
      'an unknown attribute',
      'type=raw,vaule=x',
      'input tags: rule "type=raw,vaule=x": the attribute "vaule" is not known; did you mean "value"?',
    ],
    ['an unknown type', 'type=semvar,pattern={{version}}', 'the attribute "type" cannot be "semvar"; did you mean "semver"?'],
    ['a pattern that is missing', 'type=semver', 'input tags: rule "type=semver": type=semver needs the attribute "pattern"'],
    ['an event that is missing', 'type=ref', 'type=ref needs the attribute "event"'],
    ['an unknown event', 'type=ref,event=push', 'the attribute "event" cannot be "push"; known are branch, tag, pr'],
    ['a value that is missing', 'type=raw', 'type=raw needs the attribute "value"'],
    ['an unknown format', 'type=sha,format=tall', 'the attribute "format" cannot be "tall"; known are short, long'],
    ['a group that is no number', 'type=match,pattern=v,group=foo', 'the attribute "group" must be a number, not "foo"'],
    ['a priority that is no number', 'type=sha,priority=high', 'the attribute "priority" must be a number, not "high"'],
    ['two values', 'type=raw,foo,bar', 'the attribute "value" is given twice; put values with commas into double quotes'],
    ['a quote within a field', 'type=match,pattern="v,x"', 'input tags: a double quote must enclose a whole field'],
    ['a quote that is not closed', '"type=raw', 'input tags: line 1: a quoted entry is not closed'],
    ['enable', 'type=sha,enable=yes', 'input tags, rule "type=sha,enable=yes": enable must be true or false, not "yes"'],
    [
      'an unknown expression',
      'type=raw,value={{brnch}}',
      'input tags, rule "type=raw,value={{brnch}}": {{brnch}} is not known here; did you mean "branch"?',
    ],
    ['a field of another kind of rule', 'type=raw,value={{major}}', '{{major}} is not known here; known are branch, tag, sha'],
    [
      'a date without quotes',
      'type=raw,value={{date YYYY}}',
      '{{date YYYY}} is not an expression; write it as {{branch}}, or with quotes around a format',
    ],
    ['a date without a format', 'type=raw,value={{date}}', "{{date}} needs a format, as in {{date 'YYYYMMDD'}}"],
    ['an unknown option', "type=raw,value={{date 'YYYY' zone='UTC'}}", '"zone" is not known; write the time zone as tz='],
    ['an unknown zone', "type=raw,value={{date 'YYYY' tz='Mars'}}", '"Mars" is not a time zone'],
    ['a bad expression', 'type=match,pattern=(,value=x', 'the attribute "pattern" is not a regular expression: /(/: Unterminated group'],
    [
      'a tag without a letter',
      'type=raw,value=功能',
      'input tags, rule "type=raw,value=功能": "功能" has no letter or digit that a tag may hold; add one, for example with a prefix',
    ],
    [
      'a pattern that would take years',
      `type=match,pattern=^(\\w+)+$,value=${'a'.repeat(99)}!`,
      'the attribute "pattern" takes too long on a name of 100 characters',
    ],
  ])('%s is refused', (_, tags, message) => {
    const start = performance.now()
    expect(() => tagsFor(tags, branch('master'))).toThrow(message)
    expect(performance.now() - start).toBeLessThan(1000)
  })

  test.each([
    ['latest', 'input flavor: "latest": "latest" is not of the form latest=auto, prefix=… or suffix=…'],
    ['latest=maybe', 'input flavor: "latest=maybe": latest must be auto, true or false'],
    ['prefx=a', 'input flavor: "prefx=a": "prefx" is not known; did you mean "prefix"?'],
    ['onlatest=true', 'onlatest must follow prefix=… or suffix=… on its line'],
    ['prefix=a,onlatest=yes', 'onlatest must be true or false'],
  ])('the flavor %s is refused', (flavor, message) => {
    expect(() => tagsFor('foo', branch('master'), { flavor })).toThrow(message)
  })

  test.each([
    ['value=name/foo', 'input images: "value=name/foo": the attribute "value" is not known; known are name, enable'],
    ['name/foo,enable=bar', 'input images: "name/foo,enable=bar": enable must be true or false'],
    ['name=,enable=true', 'input images: "name=,enable=true" has no name'],
    ['name=a,b', 'input images: "name=a,b" has two names; write one on each line'],
    ['a:b/c', 'input images: "a:b/c" has an invalid registry host'],
  ])('the image %s is refused', (images, message) => {
    expect(() => tagsFor('foo', branch('master'), { images })).toThrow(message)
  })

  test('images on one line, with a comment', () => {
    const { references } = describeFor({ images: '# mine, not yours\nName/A, b/c\nb/c', tags: '1' }, scope(branch('master')))
    expect(references.map(({ path }) => path)).toEqual(['name/a', 'b/c'])
  })

  test('references among the tags, and without images', () => {
    const inputs = { images: 'a/b', tags: 'ghcr.io/x/y:2\n1\nghcr.io/x/z' }
    const all = describeFor(inputs, scope(branch('master')))
    expect(all.references.map(({ path, tag: name }) => `${path}:${name}`)).toEqual(['a/b:1', 'x/y:2', 'x/z:latest'])
    const bare = describeFor({ tags: 'app, app:2', labels: 'a={{branch}}' }, scope(branch('master')))
    expect(bare).toMatchObject({ version: 'latest', tagNames: ['latest', '2'], labels: ['a={{branch}}'], annotations: [] })
    expect(() => describeFor({ tags: 'type=sha' }, scope(branch('master')))).toThrow(
      'input tags: "type=sha" is a rule for the tags of images; name them in the input images',
    )
  })

  test.each([
    ['labels', 'a=b\n=c', 'input labels, line 2: the entry has no name; write it as name=value'],
    ['annotations', '# a comment\na=b\nc', 'input annotations, line 3: the entry has no "="; write it as key=value'],
  ])('a line of %s that is none', (name, text, message) => {
    expect(() => describeFor({ images: 'a/b', tags: '1', [name]: text }, scope(branch('master')))).toThrow(message)
  })

  test('without images, annotations are handed on as they are', () => {
    const inputs = { tags: 'app', annotations: 'index:a=b, c\nmanifest-descriptor[linux/amd64]:d=e=f\ng={{branch}}' }
    expect(describeFor(inputs, scope(branch('master'))).annotations).toEqual(inputs.annotations.split('\n'))
  })

  test('labels of other tools keep their braces', () => {
    const { labels } = describeFor({ images: 'a/b', labels: 'go={{.Value}} {{nope}} {{tag}}\nbare' }, scope(tag('v1')))
    expect(labels).toEqual(expect.arrayContaining(['go={{.Value}} {{nope}} v1', 'bare=']))
  })
})

describe('tags longer than 128 characters', () => {
  test('are cut, and told apart by a hash', () => {
    const [a = '', b = ''] = ['a', 'b'].map((end) => tagsFor('type=ref,event=branch', branch('x'.repeat(200) + end))[0])
    expect(a).toMatch(/^x{119}-[0-9a-f]{8}$/)
    expect(b).toHaveLength(128)
    expect(a).not.toBe(b)
    expect(tagsFor('type=ref,event=branch', branch('x'.repeat(128)))).toEqual(['x'.repeat(128)])
  })
})

describe('merge queue', () => {
  const about = event('merge_group', `refs/heads/gh-readonly-queue/main/pr-104-${SHA}`, {
    merge_group: {
      head_ref: `refs/heads/gh-readonly-queue/main/pr-104-${SHA}`,
      base_ref: 'refs/heads/main',
      head_commit: { id: SHA, timestamp: '2020-01-10T00:30:00Z' },
    },
  })

  test.each([
    ['', ['pr-104']],
    ['type=raw,value=into-{{base_ref}}', ['into-main']],
    ['type=raw,value={{branch}}', []],
    ['type=raw,value=x,enable={{is_default_branch}}', []],
    ['type=edge', []],
    ["type=raw,value={{commit_date 'YYYY'}}", ['2020']],
  ])('%j', (tags, names) => {
    expect(tagsFor(tags, about)).toEqual(names)
  })
})

describe('latest is not moved back by an older release', () => {
  const GIT = ['v1.2.3', 'v1.2.4', 'v2.0.0', 'v3.0.0-rc.1', 'p1/v9.0.0', '20200110', 'nightly']

  test.each<[string, string, Event, boolean]>([
    ['an older release', 'type=semver,pattern={{version}}', tag('v1.2.4'), false],
    ['the newest one', 'type=semver,pattern={{version}}', tag('v2.0.0'), true],
    ['a newer one', 'type=semver,pattern={{version}}', tag('v2.0.1'), true],
    ['only a pre-release is newer', 'type=ref,event=tag', tag('v2.1.0'), true],
    ['the tag itself', 'type=ref,event=tag', tag('v1.2.4'), false],
    ['a tag that is no version', 'type=ref,event=tag', tag('nightly'), true],
    ['numbers with dots', 'type=ref,event=tag', tag('20190101'), false],
    ['numbers with dots, the newest', 'type=ref,event=tag', tag('20210101'), true],
    ['a part of the tag', 'type=match,pattern=^v(.*)$,group=1', tag('v1.9.0'), false],
    ['another part of the repository', 'type=match,pattern=^p1/v(.*)$,group=1', tag('p1/v9.0.1'), true],
    ['another part, an older release', 'type=semver,pattern={{version}},match=^p1/v(.*)$', tag('p1/v8.0.0'), false],
    ['a value that is no tag in git', 'type=semver,pattern={{version}},value=1.0.0', branch('master'), true],
    ['a Python version', 'type=pep440,pattern={{version}}', tag('v1.2.4'), false],
  ])('%s', (_, rule, about, latest) => {
    const { tagNames, notes } = describeFor({ images: 'a/b', tags: rule }, scope(about, { gitTags: GIT }))
    expect(tagNames.includes('latest')).toBe(latest)
    expect(notes.some((note) => note.includes('latest stays where it is'))).toBe(!latest)
  })

  test('unless the flavor says so', () => {
    const about = scope(tag('v1.2.4'), { gitTags: GIT })
    expect(tagsFor('type=semver,pattern={{version}}', about, { flavor: 'latest=true' })).toEqual(['1.2.4', 'latest'])
  })

  test('the note names both releases', () => {
    const { notes } = describeFor({ images: 'a/b', tags: 'type=ref,event=tag' }, scope(tag('v1.2.4'), { gitTags: GIT }))
    expect(notes).toEqual([
      'type=ref,event=tag: latest stays where it is, since v2.0.0 is newer than v1.2.4; flavor latest=true moves it all the same',
    ])
  })
})

describe('the time an image is created', () => {
  const created = (env: Record<string, string>, about: Event) => {
    const { labels } = describeFor(
      { images: 'a/b', tags: '1' },
      makeScope({ event: about, gitTags: [] }, env, { now: new Date(), zone: 'UTC' }),
    )
    return labels.find((label) => label.includes('created'))?.split('=')[1]
  }

  test("is the commit's, so that the same commit gives the same labels", () => {
    expect(created({}, branch('master'))).toBe('2020-01-10T00:30:00.000Z')
  })

  test('is SOURCE_DATE_EPOCH where that is set', () => {
    expect(created({ SOURCE_DATE_EPOCH: '0' }, branch('master'))).toBe('1970-01-01T00:00:00.000Z')
  })

  test('is left out where nobody knows it', () => {
    expect(created({}, dispatch())).toBeUndefined()
  })

  test.each(['SOURCE_DATE_EPOCH', 'DOCKER_METADATA_SHORT_SHA_LENGTH'])('%s must be a number', (name) => {
    expect(() => created({ [name]: 'now' }, branch('master'))).toThrow(`environment variable ${name}: must be a number`)
  })

  test('the other variables of the field', () => {
    const env = { DOCKER_METADATA_SHORT_SHA_LENGTH: '10', DOCKER_METADATA_ANNOTATIONS_LEVELS: 'manifest, index' }
    const about = makeScope({ event: branch('master'), gitTags: [] }, env, { now: new Date(), zone: 'UTC' })
    expect(about).toMatchObject({ shortSha: 10, levels: ['manifest', 'index'] })
  })
})

test('a pull request from a fork has the same tags', () => {
  expect(tagsFor('', pullRequest(3, 'feature', 'stranger/Hello-World'))).toEqual(['pr-3'])
})

test('dates without a zone take that of the scope', () => {
  const about = scope(branch('master'), { zone: 'Asia/Shanghai', now: new Date('2024-09-19T04:24:56Z') })
  expect(tagsFor("{{date 'YYYY-MM-DD-HH-mm-ss'}}", about)).toEqual(['2024-09-19-12-24-56'])
})
