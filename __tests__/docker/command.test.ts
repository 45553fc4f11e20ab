import { flag } from '../../src/docker/command.ts'

test.each<[string, string | boolean | string[] | undefined, string[]]>([
  ['--push', true, ['--push']],
  ['--push', false, []],
  ['--target', undefined, []],
  ['--target', '', []],
  ['--target', 'app', ['--target', 'app']],
  ['--label', 'a=b c "d" $e', ['--label', 'a=b c "d" $e']],
  ['--tag', [], []],
  ['--tag', ['a', 'b:1'], ['--tag', 'a', '--tag', 'b:1']],
])('flag(%j, %j)', (name, value, args) => {
  expect(flag(name, value)).toEqual(args)
})
