import { type BuildConfig, type ImageNames, readInputs } from '../../src/build/inputs.ts'
import { formatReference, parseReference, parseRepository } from '../../src/registry/reference.ts'

const NO_IMAGE: ImageNames = { images: [], references: [], labels: [], annotations: [] }
const IMAGE: ImageNames = { ...NO_IMAGE, images: [parseRepository('a.io/app')], references: [parseReference('a.io/app:1')] }

function read(inputs: Record<string, string>, image = IMAGE): BuildConfig {
  return readInputs((name) => inputs[name] ?? '', image)
}

/** The message of the error that an input leads to. */
function fault(name: string, text: string, image = IMAGE): string {
  try {
    read({ [name]: text }, image)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

test('nothing set', () => {
  expect(read({}, NO_IMAGE)).toMatchObject({
    context: '.',
    file: undefined,
    references: [],
    platforms: [],
    buildArgs: [],
    push: false,
    load: false,
    pull: false,
    noCache: false,
    target: '',
    params: [],
  })
})

test('everything set', () => {
  const config = read({
    context: ' docker ',
    file: ' docker/Dockerfile ',
    platforms: 'linux/amd64, arm64\nlinux/arm/v7',
    'build-args': 'A=1\nB=two words, a comma\n"C=line 1\nline 2"\nFROM_ENVIRONMENT',
    push: 'true',
    load: 'FALSE',
    pull: ' true ',
    'no-cache': 'True',
    target: ' app ',
    'build-params': '--network host',
  })
  expect(config).toMatchObject({
    context: 'docker',
    file: 'docker/Dockerfile',
    platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v7'],
    buildArgs: ['A=1', 'B=two words, a comma', 'C=line 1\nline 2', 'FROM_ENVIRONMENT'],
    push: true,
    load: false,
    pull: true,
    noCache: true,
    target: 'app',
    params: ['--network', 'host'],
  })
  expect(config.references.map(formatReference)).toEqual(['a.io/app:1'])
})

describe('platforms', () => {
  test('are normalised, each once, those of build-params too', () => {
    const inputs = { platforms: 'linux/arm64/v8,aarch64,linux/arm', 'build-params': '--platform linux/amd64,linux/arm64' }
    expect(read(inputs).platforms).toEqual(['linux/arm64', 'linux/arm/v7', 'linux/amd64'])
  })
})

describe('build-params', () => {
  test('add tags, push and load', () => {
    const config = read({ 'build-params': '--push --load -t b.io/app -t b.io/app:2' }, NO_IMAGE)
    expect(config).toMatchObject({ push: true, load: true, params: [] })
    expect(config.references.map(formatReference)).toEqual(['b.io/app:latest', 'b.io/app:2'])
  })
})

describe('bad input', () => {
  test.each([
    ['platforms', 'linux/amd64,linux/x64', 'input platforms: "linux/x64" names an unknown architecture; known are'],
    ['platforms', 'windows/amd64', 'input platforms: "windows/amd64": Windows images cannot be built here; use linux/… platforms'],
    ['platforms', 'linux/amd64\n"linux/arm64', 'input platforms: line 2: a quoted entry is not closed; end it with a double quote'],
    ['build-args', 'A=1\n=hunter2', 'input build-args: entry 2 has no name; write it as NAME=value'],
    ['build-args', '"A=hunter2', 'input build-args: line 1: a quoted entry is not closed; end it with a double quote'],
    ['cache-from', '"type=gha', 'input cache-from: line 1: a quoted entry is not closed; end it with a double quote'],
    ['cache-to', 'type=gha\n\n"type=inline', 'input cache-to: line 3: a quoted entry is not closed; end it with a double quote'],
    ['build-params', '--push --progress plain', 'input build-params: --progress cannot be set here: the log is always plain; leave it out'],
    ['build-params', '"--push', 'input build-params: a quote (") is not closed'],
    ['build-params', '--platform linux/x64', 'input build-params: "linux/x64" names an unknown architecture'],
    ['build-params', '--tag A/B', '"A/B" has an invalid repository name'],
    ['build-params', '--output dest=x,mode=min', 'input build-params: it has no type; write it as type=local,dest=path'],
  ])('%s %j', (name, text, message) => {
    expect(fault(name, text)).toContain(message)
    expect(fault(name, text)).not.toContain('hunter2')
  })

  test.each(['push', 'load', 'pull', 'no-cache'])('the switch %s', (name) => {
    for (const text of ['yes', '1', 'on', 'tru']) expect(fault(name, text)).toBe(`input ${name}: must be true or false`)
  })

  test('a push without a target', () => {
    const message = 'input push: there is nothing to push to; set tags to full references, or images and tags'
    expect(fault('push', 'true', NO_IMAGE)).toBe(message)
    expect(fault('build-params', '--push', NO_IMAGE)).toBe(message)
  })
})
