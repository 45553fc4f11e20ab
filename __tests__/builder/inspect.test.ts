import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatNodes, parseInspect } from '../../src/builder/inspect.ts'

const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures/inspect', name), 'utf8')

test('the engine', () => {
  const { name, driver, nodes, error } = parseInspect(fixture('docker.txt'))
  expect([name, driver, error, nodes.length]).toEqual(['default', 'docker', undefined, 1])
  expect(nodes[0]).toMatchObject({ name: 'default', endpoint: 'default', status: 'running', driverOpts: [], fixed: [] })
  expect(nodes[0]?.platforms).toEqual(expect.arrayContaining(['linux/amd64', 'linux/arm64', 'linux/arm/v7']))
  expect(nodes[0]?.labels['org.mobyproject.buildkit.worker.snapshotter']).toBe('overlayfs')
})

test('a container with options, flags and a configuration whose lines look like fields', () => {
  const { driver, nodes } = parseInspect(fixture('container.txt'))
  expect(driver).toBe('docker-container')
  expect(nodes).toHaveLength(1)
  expect(nodes[0]).toMatchObject({
    status: 'running',
    driverOpts: ['env.PROXY=http://user:pa"ss@host', 'network=host'],
    buildkitdFlags: '--debug --allow-insecure-entitlement=network.host',
    buildkit: 'v0.32.2',
  })
})

test('several nodes, with platforms that they were made for', () => {
  const { nodes } = parseInspect(fixture('nodes.txt'))
  expect(nodes.map(({ name, fixed }) => [name, fixed])).toEqual([
    ['amd', ['linux/amd64']],
    ['arm', ['linux/arm64']],
  ])
  expect(nodes[1]?.platforms[0]).toBe('linux/arm64')
  expect((JSON.parse(formatNodes(nodes)) as { platforms: string }[]).map(({ platforms }) => platforms)).toEqual([
    'linux/amd64',
    'linux/arm64',
  ])
})

test('a node that does not answer', () => {
  const { nodes } = parseInspect('Name:   x\nDriver: remote\n\nNodes:\nName:     x0\nEndpoint: tcp://127.0.0.1:1\nStatus:   inactive\n')
  expect(nodes).toMatchObject([{ name: 'x0', status: 'inactive', platforms: [] }])
  const wrong = parseInspect(
    'Name:          x\nDriver:        docker-container\nLast Activity: 2026-11-21 05:00:00 +0000 UTC\nError:         cannot load\n',
  )
  expect(wrong).toMatchObject({ name: 'x', error: 'cannot load', nodes: [] })
})

test('values of environment options are kept out of the output', () => {
  expect(formatNodes(parseInspect(fixture('container.txt')).nodes)).not.toContain('pa')
  expect(formatNodes(parseInspect(fixture('container.txt')).nodes)).toContain('"env.PROXY=…","network=host"')
})
