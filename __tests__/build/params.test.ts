import fc from 'fast-check'
import { type BuildParams, parseParams } from '../../src/build/params.ts'

const NONE: Partial<BuildParams> = { rest: [], platforms: [], tags: [], push: false, load: false }

test.each<[string, Partial<BuildParams>]>([
  ['', {}],
  ['  \n ', {}],
  ['--platform linux/amd64,linux/arm64', { platforms: ['linux/amd64', 'linux/arm64'] }],
  ['--platform=linux/amd64 --platform linux/arm64', { platforms: ['linux/amd64', 'linux/arm64'] }],
  ['-t app:1 --tag app:2 -tapp:3 -t=app:4', { tags: ['app:1', 'app:2', 'app:3', 'app:4'] }],
  ['--push', { push: true }],
  ['--push=true --load=1', { push: true, load: true }],
  ['--push --push=false', {}],
  ['--load=F', {}],
  ['--load', { load: true }],
  ['--no-cache --pull', { rest: ['--no-cache', '--pull'] }],
  ['--no-cache=false', { rest: ['--no-cache=false'] }],
  ['--build-arg A=b --build-arg=C=d=e', { rest: ['--build-arg', 'A=b', '--build-arg', 'C=d=e'] }],
  ['--label "a=b c"', { rest: ['--label', 'a=b c'] }],
  ['--secret id=x,src=/run/x', { rest: ['--secret', 'id=x,src=/run/x'] }],
  ['-f docker/Dockerfile', { rest: ['--file', 'docker/Dockerfile'] }],
  ['-m 2g -c 512', { rest: ['--memory', '2g', '--cpu-shares', '512'] }],
  ['--target ""', { rest: ['--target', ''] }],
  ['--network host\n--ssh default', { rest: ['--network', 'host', '--ssh', 'default'] }],
  ['--provenance=mode=max', { rest: ['--provenance', 'mode=max'] }],
  ['--cache-from type=gha \\\n --shm-size 1g', { rest: ['--cache-from', 'type=gha', '--shm-size', '1g'] }],
  // A value that looks like a flag is one, as in buildx itself.
  ['--target --push', { rest: ['--target', '--push'] }],
  ['--build-arg X=$HOME;`id`', { rest: ['--build-arg', 'X=$HOME;`id`'] }],
  ['-D --check', { rest: ['-D', '--check'] }],
])('%j', (text, params) => {
  expect(parseParams(text)).toMatchObject({ ...NONE, ...params })
})

test.each([
  ['--metadata-file x', '--metadata-file cannot be set here: its content is the output metadata; leave it out'],
  ['--progress=plain', '--progress cannot be set here: the log is always plain; leave it out'],
  ['-q', '--quiet cannot be set here'],
  ['--quiet', '--quiet cannot be set here'],
  ['.', 'word 1 is not a flag; put the context into the input context, and quote values with spaces'],
  ['--push .', 'word 2 is not a flag'],
  ['--label a=b hunter2', 'word 3 is not a flag'],
  ['-', 'word 1 is not a flag'],
  ['--', 'word 1 is not a flag'],
  ['-- .', 'word 1 is not a flag'],
  ['""', 'word 1 is not a flag'],
  ['--target', '--target needs a value after it'],
  ['-t', '--tag needs a value after it'],
  ['--push=maybe', '--push is a switch: write --push or --push=false'],
  ['--no-cache=', '--no-cache is a switch: write --no-cache or --no-cache=false'],
  ['--label "a', 'a quote (") is not closed'],
])('%j is refused', (text, message) => {
  expect(() => parseParams(text)).toThrow(message)
  expect(() => parseParams(text)).not.toThrow('hunter2')
})

describe('for any text', () => {
  const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`
  const name = fc.constantFrom('--build-arg', '--label', '--secret', '--annotation', '--cache-to', '--network')

  test('flags with values are passed on as they are', () => {
    const flags = fc.array(fc.tuple(name, fc.string({ unit: 'grapheme' }), fc.boolean()))
    fc.assert(
      fc.property(flags, (list) => {
        const text = list.map(([flag, value, attached]) => (attached ? quote(`${flag}=${value}`) : `${flag} ${quote(value)}`)).join(' ')
        expect(parseParams(text)).toMatchObject({ ...NONE, rest: list.flatMap(([flag, value]) => [flag, value].map(String)) })
      }),
    )
  })

  test('nothing is thrown but an error that names a flag or a place', () => {
    const word = fc.constantFrom(
      '--push',
      '--load=0',
      '-t',
      'x',
      '--platform',
      '--target=',
      '-',
      '--',
      '=',
      '"',
      "'",
      '\\',
      ' ',
      '--constructor',
      '-q',
    )
    fc.assert(
      fc.property(fc.array(word), fc.constantFrom('', ' '), (words, between) => {
        try {
          parseParams(words.join(between))
        } catch (error) {
          expect((error as Error).message).toMatch(
            /^--?.+ (?:cannot be set here|needs a value|is a switch)|^word \d+ is not a flag|^a quote|^the text ends/s,
          )
        }
      }),
    )
  })
})
