import { WORKSPACE } from '../../src/build/context.ts'
import { isQuery, optionFlags, readOptions } from '../../src/build/options.ts'

const read = (inputs: Record<string, string>) => readOptions((name) => inputs[name] ?? '', WORKSPACE)

describe('readOptions and optionFlags', () => {
  test('nothing given, nothing handed on', () => {
    expect(optionFlags(read({}))).toEqual([])
  })

  test.each<[string, string, string[]]>([
    ['add-hosts', 'docker:10.180.0.1,foo:10.0.0.1', ['--add-host', 'docker:10.180.0.1', '--add-host', 'foo:10.0.0.1']],
    ['add-hosts', 'docker:10.180.0.1\nv6=[::1]', ['--add-host', 'docker:10.180.0.1', '--add-host', 'v6=[::1]']],
    ['allow', 'network.host,security.insecure', ['--allow', 'network.host', '--allow', 'security.insecure']],
    [
      'build-contexts',
      'base=docker-image://alpine:3\nsrc=./a,b',
      ['--build-context', 'base=docker-image://alpine:3', '--build-context', 'src=./a,b'],
    ],
    ['call', 'check', ['--call', 'check']],
    ['cgroup-parent', 'foo', ['--cgroup-parent', 'foo']],
    ['network', 'host', ['--network', 'host']],
    ['no-cache-filters', 'one, two\nthree', ['--no-cache-filter', 'one', '--no-cache-filter', 'two', '--no-cache-filter', 'three']],
    ['shm-size', '2g', ['--shm-size', '2g']],
    ['ssh', 'default,key=./id', ['--ssh', 'default', '--ssh', 'key=./id']],
    ['ulimit', 'nofile=1024:1024\nnproc=3', ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=3']],
  ])('%s: %j', (name, text, flags) => {
    expect(optionFlags(read({ [name]: text }))).toEqual(flags)
  })

  test.each([
    ['add-hosts', 'docker', 'input add-hosts, line 1: this is no mapping; write it as host:address, such as docker:10.180.0.1'],
    ['build-contexts', '=x', 'input build-contexts, line 1: the entry has no "="; write it as name=path'],
    ['ulimit', '"nofile=1', 'input ulimit: line 1: a quoted entry is not closed; end it with a double quote'],
  ])('%s: %j is an error', (name, text, message) => {
    expect(() => read({ [name]: text })).toThrow(expect.objectContaining({ message }))
  })
})

test.each([
  ['', false],
  ['build', false],
  ['check', true],
  ['check,format=json', true],
  ['targets', true],
])('call %j only looks: %s', (call, expected) => {
  expect(isQuery({ call })).toBe(expected)
})
