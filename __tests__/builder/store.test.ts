import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { currentEndpoint, needsContext } from '../../src/builder/endpoint.ts'
import { allowedEntitlements, buildxConfigDir, currentName, flagEntitlements, storedBuilder } from '../../src/builder/store.ts'
import { makeFolder } from '../folder.ts'

const root = makeFolder()
const newFolder = () => mkdtempSync(join(root, 'x-'))

const engine = { context: 'default', host: 'unix:///var/run/docker.sock' }

function store(files: Record<string, unknown>): string {
  const folder = newFolder()
  for (const name of ['instances', 'defaults']) mkdirSync(join(folder, name))
  for (const [name, value] of Object.entries(files))
    writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value))
  return folder
}
const mine = {
  'instances/mine': { Name: 'mine', Driver: 'docker-container', Nodes: [{ Name: 'mine0', Endpoint: 'default', Flags: null }] },
}
const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 20)

test.each([
  ['nothing chosen', {}, {}, 'default'],
  ['chosen for this engine', { ...mine, current: { Key: engine.host, Name: 'mine', Global: false } }, {}, 'mine'],
  ['chosen for another engine', { ...mine, current: { Key: 'tcp://other', Name: 'mine', Global: false } }, {}, 'default'],
  ['chosen for all', { ...mine, current: { Key: 'tcp://other', Name: 'mine', Global: true } }, {}, 'mine'],
  ['chosen and gone', { current: { Key: engine.host, Name: 'gone', Global: false } }, {}, 'default'],
  [
    'the default of this engine',
    { ...mine, [`defaults/${hash(engine.host)}`]: 'mine', current: { Key: '', Name: '', Global: false } },
    {},
    'mine',
  ],
  ['not readable', { current: '{' }, {}, 'default'],
  ['by the environment', mine, { BUILDX_BUILDER: 'other' }, 'other'],
])('%s', async (_, files, env, name) => {
  expect(await currentName(store(files), engine, env)).toBe(name)
})

test('in a context, the builder is named after it', async () => {
  expect(await currentName(store({}), { ...engine, context: 'far' }, {})).toBe('far')
})

test('a builder of the store', async () => {
  const dir = store({
    ...mine,
    'instances/two': {
      Name: 'two',
      Driver: 'docker-container',
      Nodes: [
        { Name: 'a', Flags: ['--allow-insecure-entitlement=network.host', '--allow-insecure-entitlement', 'security.insecure'] },
        { Name: 'b', Flags: ['--allow-insecure-entitlement=network.host'] },
      ],
    },
  })
  expect(await storedBuilder(dir, 'MINE')).toMatchObject({
    name: 'mine',
    driver: 'docker-container',
    nodes: [{ name: 'mine0', endpoint: 'default', flags: [] }],
  })
  expect(await storedBuilder(dir, '../instances/mine')).toBeUndefined()
  const two = await storedBuilder(dir, 'two')
  expect(two && allowedEntitlements(two)).toEqual(['network.host'])
  expect(flagEntitlements(['--debug', '-allow-insecure-entitlement=device'])).toEqual(['device'])
  expect(buildxConfigDir('/docker', {})).toBe('/docker/buildx')
  expect(buildxConfigDir('/docker', { BUILDX_CONFIG: '/elsewhere' })).toBe('/elsewhere')
})

test('which engine: the environment, a context, the usual place', async () => {
  const docker = newFolder()
  expect(await currentEndpoint(docker, {})).toMatchObject({ context: 'default', host: expect.stringMatching(/docker/) })
  expect(await currentEndpoint(docker, { DOCKER_HOST: 'tcp://a:1', DOCKER_CONTEXT: 'far' })).toEqual({
    context: 'default',
    host: 'tcp://a:1',
  })
  await expect(currentEndpoint(docker, { DOCKER_CONTEXT: 'far' })).rejects.toThrow(/the docker context "far" cannot be read/)
  const id = createHash('sha256').update('far').digest('hex')
  mkdirSync(join(docker, 'contexts/meta', id), { recursive: true })
  writeFileSync(
    join(docker, 'contexts/meta', id, 'meta.json'),
    JSON.stringify({ Name: 'far', Endpoints: { docker: { Host: 'ssh://me@far' } } }),
  )
  writeFileSync(join(docker, 'config.json'), JSON.stringify({ currentContext: 'far' }))
  expect(await currentEndpoint(docker, {})).toEqual({ context: 'far', host: 'ssh://me@far' })
  expect(needsContext(await currentEndpoint(docker, {}))).toBe(false)
  expect(needsContext(await currentEndpoint(docker, { DOCKER_HOST: 'tcp://a:1', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: docker }))).toBe(
    true,
  )
})
