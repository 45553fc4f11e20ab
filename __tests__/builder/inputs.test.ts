import { builderSecrets, QEMU_IMAGE, readBuilderInputs } from '../../src/builder/inputs.ts'
import { formatReference } from '../../src/registry/reference.ts'

const read = (inputs: Record<string, string>) => readBuilderInputs((name) => inputs[name] ?? '')

test('nothing given', () => {
  const config = read({})
  expect(config).toMatchObject({
    builder: '',
    driver: 'auto',
    name: '',
    append: [],
    keepState: false,
    cleanup: true,
    version: '',
    qemu: 'auto',
  })
  expect(formatReference(config.qemuImage)).toBe(QEMU_IMAGE)
  expect(QEMU_IMAGE).not.toMatch(/latest/)
})

test('as setup-buildx-action takes them', () => {
  const config = read({
    driver: 'docker-container',
    name: 'My-Builder',
    'driver-opts': 'image=moby/buildkit:master\n"env.no_proxy=localhost,127.0.0.1"\n',
    'buildkitd-flags': '--debug',
    version: 'v0.36.1',
    append:
      '- endpoint: ssh://me@node1\n  platforms: darwin/amd64,linux/arm\n  driver-opts:\n    - network=host\n- name: second\n  endpoint: ssh://me@node2\n',
    'keep-state': 'true',
    cleanup: 'false',
  })
  expect(config).toMatchObject({ name: 'my-builder', version: '0.36.1', keepState: true, cleanup: false })
  expect(config.driverOpts).toEqual(['image=moby/buildkit:master', 'env.no_proxy=localhost,127.0.0.1'])
  expect(config.append).toMatchObject([
    { name: '', endpoint: 'ssh://me@node1', platforms: ['darwin/amd64', 'linux/arm/v7'], driverOpts: ['network=host'] },
    { name: 'second', endpoint: 'ssh://me@node2', platforms: [] },
  ])
})

test.each([
  [{ driver: 'cloud' }, /^input driver: "cloud" is not known; write auto, docker/],
  [{ builder: 'a', name: 'b' }, /^input name: cannot be used with builder/],
  [{ builder: 'a', driver: 'remote' }, /^input driver: cannot be used with builder/],
  [{ driver: 'docker', 'driver-opts': 'a=b' }, /^input driver-opts: has no effect on the docker driver/],
  [{ driver: 'remote' }, /^input endpoint: the remote driver needs the address/],
  [{ driver: 'remote', endpoint: 'tcp://a:1', 'buildkitd-flags': '--debug' }, /^input buildkitd-flags: has no effect on a remote BuildKit/],
  [{ driver: 'remote', endpoint: 'tcp://a:1', 'registry-config': 'docker.io: {mirrors: [a]}' }, /^input registry-config: has no effect/],
  [{ driver: 'docker-container', 'tls-ca': 'x' }, /^input tls-ca: is used by the remote driver alone/],
  [{ driver: 'kubernetes', endpoint: 'a' }, /^input endpoint: is not used by the kubernetes driver/],
  [
    { driver: 'remote', endpoint: 'tcp://a:1', 'keep-state': 'true' },
    /^input keep-state: only a builder made with the docker-container driver/,
  ],
  [{ name: 'default' }, /^input name: must begin with a letter/],
  [{ name: '1a' }, /^input name: must begin with a letter/],
  [{ name: 'a/../b' }, /^input name: must begin with a letter/],
  [{ 'buildkitd-config': 'a', 'buildkitd-config-inline': 'b' }, /^input buildkitd-config-inline: cannot be used with buildkitd-config/],
  [{ version: 'master' }, /^input version: "master" is no release of buildx/],
  [{ 'buildx-mirror': 'mirror.example.com' }, /^input buildx-mirror: must be an address/],
  [{ qemu: 'yes' }, /^input qemu: "yes" is not known; write auto, always, never/],
  [{ 'qemu-image': 'a b' }, /^input qemu-image: /],
  [{ append: 'endpoint: a' }, /^input append: is not a list/],
  [{ append: '- host: a' }, /^input append: entry 1: "host" is not known; known are name, endpoint/],
  [{ append: '- platforms: windows/amd64' }, /^input append: entry 1: "windows\/amd64": Windows images cannot be built/],
  [{ append: '- [' }, /^input append: is not valid YAML/],
  [{ 'keep-state': 'yes' }, /^input keep-state: must be true or false/],
])('%j', (inputs, error) => {
  expect(() => read(inputs as Record<string, string>)).toThrow(error)
})

test('keys are to be masked, paths of keys are not', () => {
  const pem = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
  const config = read({
    driver: 'remote',
    endpoint: 'tcp://a:1',
    'tls-key': pem,
    append: `- endpoint: tcp://b:1\n  key: /path/of/key.pem\n`,
  })
  expect(builderSecrets(config, { BUILDER_NODE_1_AUTH_TLS_KEY: `${pem}B`, BUILDER_NODE_1_AUTH_TLS_CERT: pem })).toEqual([
    pem.trim(),
    `${pem}B`,
  ])
})
