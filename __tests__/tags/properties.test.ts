import fc from 'fast-check'
import { isTag } from '../../src/registry/reference.ts'
import { parseBuildRules } from '../../src/tags/buildrule.ts'
import { RuleError } from '../../src/tags/rulefields.ts'
import { RULES_ZONE, selectBuilds } from '../../src/tags/selection.ts'
import { toTagName } from '../../src/tags/tagname.ts'
import { branch, pullRequest, scope, tag, tagsFor } from './events.ts'

const name = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 50 }),
  fc.string({ unit: fc.constantFrom('v', '1', '.', '-', '/', '+', 'rc', 'β', ' ', '"', "'", '{{', '}}', '${'), maxLength: 20 }),
)
const about = fc.oneof(
  name.map(branch),
  name.map(tag),
  fc.tuple(fc.nat(), name).map(([number, head]) => pullRequest(number, head)),
)
const expression = fc.constantFrom(
  ...['branch', 'tag', 'sha', 'base_ref', 'is_default_branch', 'version', 'major', 'raw', 'nope', '', '#if x', '/if'].map(
    (each) => `{{${each}}}`,
  ),
  ...[
    "{{date 'YYYY'}}",
    "{{date 'x[Q]z'}}",
    "{{commit_date 'LLLL' tz='Asia/Tokyo'}}",
    "{{date 'Y' tz='No/Where'}}",
    '{{date}}',
    '{{',
    '}}',
    '{{{',
  ],
)
const text = fc.array(fc.oneof(expression, fc.string({ maxLength: 5 })), { maxLength: 4 }).map((parts) => parts.join(''))
const attribute = fc.oneof(
  fc.tuple(
    fc.constantFrom('enable', 'priority', 'prefix', 'suffix', 'pattern', 'value', 'match', 'group', 'branch', 'event', 'format', 'x'),
    text,
  ),
  fc.constantFrom(
    ['event', 'branch'],
    ['event', 'tag'],
    ['event', 'pr'],
    ['pattern', '{{version}}'],
    ['pattern', '(\\w+)'],
    ['value', 'v1.2.3'],
  ),
)
const type = fc.constantFrom('schedule', 'semver', 'pep440', 'match', 'edge', 'ref', 'raw', 'sha', 'nope')
const rule = fc.tuple(type, fc.array(attribute, { maxLength: 3 })).map(([kind, pairs]) => {
  return [`type=${kind}`, ...pairs.map(([key, value]) => `${key}=${value}`)].join(',')
})
const tagsInput = fc.oneof(
  rule,
  text,
  name,
  fc.array(fc.oneof(rule, text), { maxLength: 3 }).map((lines) => lines.join('\n')),
)

/** What the work gives; a clear error, which names the input, gives nothing. */
function orClearError<Value>(work: () => Value, isClear: (error: unknown) => boolean): Value | undefined {
  try {
    return work()
  } catch (error) {
    if (!isClear(error)) throw error
    return undefined
  }
}

test('any event and any rule: tags that every registry accepts, or an error that names the input', () => {
  fc.assert(
    fc.property(about, tagsInput, fc.array(name, { maxLength: 3 }), (happened, tags, gitTags) => {
      const names = orClearError(
        () => tagsFor(tags, scope(happened, { gitTags })),
        (error) => error instanceof Error && /^input tags(?:: |, rule ")/.test(error.message),
      )
      expect((names ?? []).filter((each) => !isTag(each))).toEqual([])
      expect(new Set(names).size).toBe((names ?? []).length)
    }),
    { numRuns: 3000 },
  )
})

test('any prefix and suffix of the flavor', () => {
  fc.assert(
    fc.property(about, text, text, (happened, prefix, suffix) => {
      const names = orClearError(
        () => tagsFor('', happened, { flavor: `"prefix=${prefix.replaceAll('"', '""')}","suffix=${suffix.replaceAll('"', '""')}"` }),
        (error) => error instanceof Error && /^input (?:tags, rule "|flavor: )/.test(error.message),
      )
      expect((names ?? []).filter((each) => !isTag(each))).toEqual([])
    }),
  )
})

const quoted = (value: string) => JSON.stringify(value).replaceAll('\u007f', '\\x7f')
const template = fc
  .array(fc.oneof(fc.constantFrom('${a}', '${b}', '${A}', '$${', '${', '}', '-', '/', '..'), fc.string({ maxLength: 4 })), { maxLength: 4 })
  .map((parts) => parts.join(''))
const ref = fc.oneof(
  fc.constantFrom('(?<a>.*)', '(?<a>[^/]*)/?(?<b>.*)', '(?<a>v)?.*', '.*', 'main', '(', '(?<a>'),
  fc.string({ maxLength: 8 }),
)

test('any branch or tag and any build rule: tags that every registry accepts, or an error with rule, field and line', () => {
  fc.assert(
    fc.property(about, fc.constantFrom('branch', 'tag'), ref, template, template, (happened, kind, pattern, first, second) => {
      const rules = `- {type: ${kind}, ref: ${quoted(pattern)}, context: ${quoted(second)}, tags: [{tag: ${quoted(first)}, commit-id: 3}]}`
      const builds = orClearError(
        () => selectBuilds(parseBuildRules(rules), scope(happened), { pullRequests: true, zone: RULES_ZONE }),
        (error) => error instanceof RuleError && /^(?:rule 1, field [\w.-]+, )?line \d+: /.test(error.message),
      )
      for (const { tags } of builds ?? []) expect(tags.filter((each) => !isTag(each))).toEqual([])
    }),
    { numRuns: 3000 },
  )
})

test('any text as build rules: rules, or an error with a line', () => {
  const whole = '- type: branch\n  ref: (?<x>.*)\n  tags: [x]'
  const field = fc.constantFrom(
    '  target: &a b',
    '  context: *a',
    '  platforms: [amd64]',
    '  build-args: {A: 1}',
    '  no-cache: true',
    '  x: y',
  )
  const broken = fc.constantFrom('---', '? x', '- - -', '{', '"', '  tags:', '    - tag: ${x}')
  const line = fc.oneof({ weight: 3, arbitrary: fc.constant(whole) }, { weight: 3, arbitrary: field }, broken, fc.string({ maxLength: 10 }))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      orClearError(
        () => parseBuildRules(lines.join('\n')),
        (error) => error instanceof RuleError && /line \d+: /.test(error.message),
      )
    }),
    { numRuns: 3000 },
  )
})

test('any text becomes a tag that keeps what a tag may hold, unless nothing is left', () => {
  fc.assert(
    fc.property(name, (each) => {
      const made = orClearError(
        () => toTagName(each),
        () => !/[A-Za-z0-9_]/.test(each),
      )
      expect(made === undefined || isTag(made)).toBe(true)
      if (isTag(each)) expect(made).toBe(each)
    }),
  )
})
