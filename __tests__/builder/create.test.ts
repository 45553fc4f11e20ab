import { createCommands, planNodes } from '../../src/builder/create.ts'
import { readBuilderInputs } from '../../src/builder/inputs.ts'
import { needsOf } from '../../src/builder/needs.ts'

const config = (inputs: Record<string, string>) => readBuilderInputs((name) => inputs[name] ?? '')
const about = (command: string[] = []) => ({ needs: needsOf([command]), tlsOptions: [], endpoint: '' })

test('a container', () => {
  const nodes = planNodes(config({ 'driver-opts': 'network=host\nimage=a/b' }), 'n', 'docker-container', about())
  expect(createCommands({ name: 'n', driver: 'docker-container', configFile: '/t/buildkitd.toml', nodes }, ['buildx'])).toEqual([
    [
      'buildx',
      'create',
      '--name',
      'n',
      '--driver',
      'docker-container',
      '--node',
      'n0',
      '--driver-opt',
      'network=host',
      '--driver-opt',
      'image=a/b',
      '--config',
      '/t/buildkitd.toml',
    ],
  ])
})

test('several nodes, the first from the endpoint', () => {
  const inputs = {
    driver: 'kubernetes',
    'driver-opts': 'replicas=2',
    append: '- {platforms: linux/arm64, driver-opts: [nodeselector=arm], name: arm}',
  }
  const nodes = planNodes(config(inputs), 'n', 'kubernetes', about())
  expect(
    createCommands({ name: 'n', driver: 'kubernetes', configFile: undefined, nodes }, ['docker', 'buildx']).map((words) =>
      words.slice(2).join(' '),
    ),
  ).toEqual([
    'create --name n --driver kubernetes --node n0 --driver-opt replicas=2',
    'create --name n --driver kubernetes --append --node arm --driver-opt nodeselector=arm --platform linux/arm64',
  ])
})

test('remote nodes from append alone, with certificates', () => {
  const inputs = { driver: 'remote', append: '- {endpoint: "tcp://a:1"}\n- {endpoint: "tcp://b:1"}' }
  const nodes = planNodes(config(inputs), 'n', 'remote', { ...about(), tlsOptions: [['cacert=/t/0.pem'], ['cacert=/t/1.pem']] })
  expect(nodes).toMatchObject([
    { name: 'n0', endpoint: 'tcp://a:1', driverOpts: ['cacert=/t/0.pem'], buildkitdFlags: '' },
    { name: 'n1', endpoint: 'tcp://b:1', driverOpts: ['cacert=/t/1.pem'] },
  ])
})

test.each([
  ['', ['--network=host'], '--allow-insecure-entitlement=network.host'],
  ['--debug', ['--allow', 'security.insecure'], '--debug --allow-insecure-entitlement=security.insecure'],
  ['--allow-insecure-entitlement security.insecure', ['--allow', 'security.insecure'], '--allow-insecure-entitlement security.insecure'],
  ['--debug', [], '--debug'],
])('flags %j for a build with %j: %j', (flags, command, expected) => {
  expect(planNodes(config({ 'buildkitd-flags': flags }), 'n', 'docker-container', about(command))[0]?.buildkitdFlags).toBe(expected)
})
