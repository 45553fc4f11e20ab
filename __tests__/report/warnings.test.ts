import { readWarnings, toAnnotations } from '../../src/report/warnings.ts'
import { readRecorded } from './recorded.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const at = (line: number, end = line) => [{ start: { line }, end: { line: end } }]

test('of a real build: rule, text, place and explanation of each', () => {
  const warnings = readWarnings(readRecorded('warnings').warnings, 'docker')
  expect(warnings.map(({ rule, file, line, endLine }) => `${file}:${line}-${endLine} ${rule}`)).toEqual([
    'docker/Dockerfile:3-3 FromAsCasing',
    'docker/Dockerfile:3-3 InvalidDefaultArgInFrom',
    'docker/Dockerfile:7-7 InvalidDefaultArgInFrom',
    'docker/Dockerfile:8-8 MaintainerDeprecated',
    'docker/Dockerfile:9-9 WorkdirRelativePath',
    'docker/Dockerfile:14-14 LegacyKeyValueFormat',
    'docker/Dockerfile:14-14 SecretsUsedInArgOrEnv',
    'docker/Dockerfile:15-15 SecretsUsedInArgOrEnv',
    'docker/Dockerfile:16-16 JSONArgsRecommended',
  ])
  expect(warnings[0]).toEqual({
    rule: 'FromAsCasing',
    text: "'as' and 'FROM' keywords' casing do not match",
    url: 'https://docs.docker.com/go/dockerfile/rule/from-as-casing/',
    file: 'docker/Dockerfile',
    line: 3,
    endLine: 3,
  })
})

test('what every platform reports is one warning; the same on another line is another', () => {
  const warning = { short: base64('A: b (line 3)'), sourceInfo: { filename: 'Dockerfile' }, range: at(3, 5) }
  expect(readWarnings([warning, { ...warning, vertex: 'x' }, { ...warning, range: at(9) }], '.').map(({ line }) => line)).toEqual([3, 9])
})

test.each([
  ['the root of the workspace', '.', 'Dockerfile', 'Dockerfile'],
  ['a folder', './a/b/', 'Dockerfile.prod', 'a/b/Dockerfile.prod'],
  ['not in the workspace', undefined, 'Dockerfile', undefined],
])('a Dockerfile in %s', (_, folder, filename, file) => {
  expect(readWarnings([{ sourceInfo: { filename }, range: at(2) }], folder)[0]).toMatchObject({ file, line: 2 })
})

test('a warning without any of its parts is still one', () => {
  expect(readWarnings([{}], '.')).toEqual([
    { rule: '', text: 'a warning without words', url: undefined, file: undefined, line: undefined, endLine: undefined },
  ])
  expect(readWarnings([{ detail: [base64('only a detail')], url: 'javascript:alert(1)' }], '.')[0]).toMatchObject({
    text: 'only a detail',
    url: undefined,
  })
})

test('annotations: ten, as many as a runner shows', () => {
  const raw = Array.from({ length: 30 }, (_, line) => ({
    short: base64('A: b'),
    sourceInfo: { filename: 'Dockerfile' },
    range: at(line + 1),
  }))
  const annotations = toAnnotations(readWarnings(raw, '.'))
  expect(annotations).toHaveLength(10)
  expect(annotations[0]).toEqual({ message: 'b', properties: { title: 'Dockerfile: A', file: 'Dockerfile', startLine: 1, endLine: 1 } })
})

test('an annotation without a file has no lines, which would be taken for those of another file', () => {
  expect(toAnnotations(readWarnings([{ short: base64('x'), range: at(3) }], '.'))).toEqual([
    { message: 'x', properties: { title: 'Dockerfile' } },
  ])
})

test('text that would go on as a command is one line', () => {
  const short = base64('X: a\n::error::b\r##[error]c\u0000')
  const [annotation] = toAnnotations(readWarnings([{ short, sourceInfo: { filename: 'a\n::set-env::b' }, range: at(1) }], '.'))
  expect(annotation).toEqual({
    message: 'a ::error::b ##[error]c\ufffd',
    properties: { title: 'Dockerfile: X', file: 'a ::set-env::b', startLine: 1, endLine: 1 },
  })
})
