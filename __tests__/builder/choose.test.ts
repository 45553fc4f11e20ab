import { chooseBuilder, type ExistingBuilder, lacking } from '../../src/builder/choose.ts'
import { readBuilderInputs } from '../../src/builder/inputs.ts'
import { needsOf } from '../../src/builder/needs.ts'

const containerd = { name: 'default', driver: 'docker', containerdStore: true }
const classic = { name: 'default', driver: 'docker', containerdStore: false }
const own = { name: 'own', driver: 'docker-container', entitlements: ['network.host'] }
const remote = { name: 'far', driver: 'remote' }
const config = (inputs: Record<string, string> = {}) => readBuilderInputs((name) => inputs[name] ?? '')
const EVERYTHING = ['--platform=linux/amd64,linux/arm64', '--cache-to=type=gha', '--sbom=true', '--output=type=oci,dest=x']

test.each<[string, ExistingBuilder, string[], string[]]>([
  ['containerd store', containerd, EVERYTHING, []],
  ['containerd store', containerd, ['--output=type=image,push-by-digest=true'], ['a push by digest']],
  ['containerd store', containerd, ['--network=host'], []],
  ['containerd store', containerd, ['--allow=security.insecure'], ['the entitlement security.insecure']],
  ['classic store', classic, [], []],
  ['classic store', classic, ['--platform=linux/arm64', '--cache-to=type=inline', '--provenance=false'], []],
  ['classic store', classic, EVERYTHING, ['several platforms', 'a gha cache', 'attestations', 'the output oci']],
  ['a store that nobody could tell', { name: 'x', driver: 'docker' }, ['--cache-to=a/b'], ['a registry cache']],
  ['container', own, EVERYTHING, []],
  ['container', own, ['--allow=security.insecure', '--network=host'], ['the entitlement security.insecure']],
  ['remote', remote, ['--allow=security.insecure'], []],
])('%s: what it lacks', (_, existing, command, lacks) => {
  expect(lacking(existing, needsOf([command]))).toEqual(lacks)
})

test.each<[Record<string, string>, ExistingBuilder | undefined, string[], object]>([
  [
    {},
    containerd,
    EVERYTHING,
    {
      kind: 'reuse',
      name: 'default',
      line: 'the builder default (docker driver, containerd image store) is used: it can do all that this build asks',
    },
  ],
  [
    {},
    classic,
    EVERYTHING,
    {
      kind: 'create',
      driver: 'docker-container',
      line: expect.stringContaining('cannot do several platforms, a gha cache, attestations, the output oci'),
    },
  ],
  [{}, own, EVERYTHING, { kind: 'reuse', name: 'own' }],
  [{}, undefined, [], { kind: 'create', driver: 'docker-container', line: 'a docker-container builder, since there is no other' }],
  [
    { 'registry-config': 'docker.io: {mirrors: [a]}' },
    containerd,
    [],
    { kind: 'create', line: expect.stringContaining('the input registry-config asks for one') },
  ],
  [{ 'keep-state': 'true' }, containerd, [], { kind: 'create', line: expect.stringContaining('keep-state') }],
  [{ endpoint: 'tcp://a:1', 'tls-ca': 'x' }, containerd, [], { kind: 'create', driver: 'remote' }],
  [{ endpoint: 'other' }, containerd, [], { kind: 'create', driver: 'docker-container' }],
  [{ driver: 'docker-container' }, containerd, [], { kind: 'create', driver: 'docker-container' }],
  [{ driver: 'kubernetes' }, undefined, [], { kind: 'create', driver: 'kubernetes' }],
  [{ driver: 'docker' }, containerd, EVERYTHING, { kind: 'reuse', name: 'default' }],
  [{ builder: 'far' }, remote, EVERYTHING, { kind: 'reuse', name: 'far', driver: 'remote' }],
])('%j', (inputs, existing, command, choice) => {
  expect(chooseBuilder(config(inputs), existing, needsOf([command]))).toMatchObject(choice)
})

test.each<[Record<string, string>, ExistingBuilder | undefined, RegExp]>([
  [{ builder: 'x' }, undefined, /^input builder: there is no builder "x"/],
  [{ builder: 'default' }, classic, /^input builder: the builder default .* cannot do several platforms/],
  [{ driver: 'docker' }, classic, /^input driver: .* cannot do several platforms.* write driver: auto/],
  [{ driver: 'docker' }, undefined, /^input driver: there is no docker engine/],
])('%j is refused', (inputs, existing, error) => {
  expect(() => chooseBuilder(config(inputs), existing, needsOf([EVERYTHING]))).toThrow(error)
})
