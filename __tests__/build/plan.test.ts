import { type ImageNames, readInputs } from '../../src/build/inputs.ts'
import { type Facts, planBuild, showCommand } from '../../src/build/plan.ts'
import { parseReference, parseRepository } from '../../src/registry/reference.ts'

const NO_IMAGE: ImageNames = { images: [], references: [], labels: [], annotations: [] }
const IMAGE: ImageNames = {
  images: [parseRepository('b.io/team/app')],
  references: [parseReference('b.io/team/app:1'), parseReference('b.io/team/app:latest')],
  labels: ['name=value with blanks', 'quote="\''],
  annotations: [],
}
const FACTS: Facts = {
  buildx: ['/usr/libexec/docker/cli-plugins/docker-buildx'],
  builder: 'default',
  driver: 'docker',
  temp: '/tmp/step',
  metadataFile: '/tmp/step/metadata.json',
  cache: undefined,
  engine: undefined,
  runUrl: '',
}

const plan = (inputs: Record<string, string>, image = NO_IMAGE, facts: Partial<Facts> = {}) =>
  planBuild(
    readInputs((name) => inputs[name] ?? '', image),
    { ...FACTS, ...facts },
  )

/** The values of a flag, in order. */
const values = (command: readonly string[], name: string) => command.filter((_, at) => command[at - 1] === name)

describe('the command', () => {
  test('with nothing set', () => {
    const { command, env } = plan({})
    expect(command.slice(0, 2)).toEqual(['/usr/libexec/docker/cli-plugins/docker-buildx', 'build'])
    expect(command.at(-1)).toBe('.')
    expect(values(command, '--progress')).toEqual(['rawjson'])
    expect(values(command, '--metadata-file')).toEqual(['/tmp/step/metadata.json'])
    for (const flag of [
      '--file',
      '--platform',
      '--target',
      '--tag',
      '--build-arg',
      '--label',
      '--cache-from',
      '--cache-to',
      '--pull',
      '--no-cache',
      '--push',
      '--load',
    ]) {
      expect(command).not.toContain(flag)
    }
    expect(env).toEqual({ BUILDX_METADATA_PROVENANCE: 'disabled' })
  })

  test('with everything set', () => {
    const { command } = plan(
      {
        context: 'docker',
        file: 'docker/Dockerfile',
        platforms: 'linux/amd64,linux/arm64',
        'build-args': 'FLAVOUR=prod\nTEXT=two words, "quoted", $HOME; `id`\n"LINES=1\n2"',
        target: 'app',
        pull: 'true',
        'no-cache': 'true',
        push: 'true',
        'build-params': '--network host --label "from params=x"',
      },
      IMAGE,
    )
    expect(values(command, '--file')).toEqual(['docker/Dockerfile'])
    expect(values(command, '--platform')).toEqual(['linux/amd64,linux/arm64'])
    expect(values(command, '--target')).toEqual(['app'])
    expect(values(command, '--tag')).toEqual(['b.io/team/app:1', 'b.io/team/app:latest'])
    // Each value is one argument as it is: no shell is in between.
    expect(values(command, '--build-arg')).toEqual(['FLAVOUR=prod', 'TEXT=two words, "quoted", $HOME; `id`', 'LINES=1\n2'])
    expect(values(command, '--label')).toEqual(['name=value with blanks', 'quote="\'', 'from params=x'])
    expect(values(command, '--network')).toEqual(['host'])
    expect(command).toEqual(expect.arrayContaining(['--pull', '--no-cache']))
    expect(values(command, '--output').join(' ')).toMatch(/push=true/)
    expect(command.at(-1)).toBe('docker')
  })

  test('has what the user typed after our own flags, so that it counts, and before the context', () => {
    const { command } = plan({ target: 'app', 'build-params': '--target other' })
    expect(values(command, '--target')).toEqual(['app', 'other'])
    expect(command.slice(-3)).toEqual(['--target', 'other', '.'])
  })

  test('names the builder', () => {
    expect(values(plan({}, NO_IMAGE, { builder: 'mine' }).command, '--builder')).toEqual(['mine'])
  })

  test('makes no attestation unless asked for: one platform gives a plain image', () => {
    expect(plan({ push: 'true' }, IMAGE).command).toContain('--provenance=false')
    const asked = plan({ push: 'true', 'build-params': '--provenance mode=max' }, IMAGE).command
    expect(asked).not.toContain('--provenance=false')
    expect(values(asked, '--provenance')).toEqual(['mode=max'])
  })
})

describe('the command as people see it', () => {
  const shown = (inputs: Record<string, string>, image?: ImageNames) => showCommand(plan(inputs, image).command)

  test('is without our own flags', () => {
    expect(shown({})).toMatch(/^docker buildx build --builder default .*\.$/)
    expect(shown({})).not.toMatch(/--progress|--metadata-file|rawjson|metadata\.json|libexec/)
  })

  test('is without the values of build arguments, those of build-params too', () => {
    const text = shown({
      'build-args': 'A=hunter2\n"B=hunter2\nhunter2"\nBARE',
      'build-params': '--build-arg C=hunter2 --build-arg=D=hunter2',
    })
    expect(text).toContain('--build-arg A=… --build-arg B=… --build-arg BARE')
    expect(text).toContain('--build-arg C=… --build-arg D=…')
    expect(text).not.toContain('hunter2')
  })

  test('is quoted as a shell reads it', () => {
    const text = shown({ target: 'it\'s "x" $y' }, IMAGE)
    expect(text).toContain(`--target 'it'\\''s "x" $y'`)
    expect(text).toContain("--label 'name=value with blanks'")
    expect(text).toContain('--tag b.io/team/app:1 ')
  })
})
