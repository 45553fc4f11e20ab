import { planSecrets, readSecrets, secretLines } from '../../src/build/secrets.ts'

const read = (inputs: Record<string, string>) => readSecrets((name) => inputs[name] ?? '')

describe('readSecrets', () => {
  test.each<[string, string, [string, string][]]>([
    ['one', 'GIT_AUTH_TOKEN=abcdefghi,jklmno=0123456789', [['GIT_AUTH_TOKEN', 'abcdefghi,jklmno=0123456789']]],
    ['padding of base64', 'K=YWI=\n', [['K', 'YWI=']]],
    [
      'quotes in the middle',
      'A=[1,"two",3]\nPW=p@ss,"word',
      [
        ['A', '[1,"two",3]'],
        ['PW', 'p@ss,"word'],
      ],
    ],
    ['a quoted value after the sign', 'A="x y"', [['A', '"x y"']]],
    [
      'several lines',
      '"MYSECRET=aaaaaaaa\nbbbbbbb\nccccccccc"\nFOO=bar',
      [
        ['MYSECRET', 'aaaaaaaa\nbbbbbbb\nccccccccc'],
        ['FOO', 'bar'],
      ],
    ],
    ['blank lines within', '"EMPTYLINE=aaaa\n\nbbbb\nccc"', [['EMPTYLINE', 'aaaa\n\nbbbb\nccc']]],
    ['trailing newlines', '"KEY=-----BEGIN\nx\n-----END\n\n"\n', [['KEY', '-----BEGIN\nx\n-----END\n\n']]],
    [
      'line ends of Windows within',
      '"KEY=a\r\nb\r\n"\r\nB=2\r\n',
      [
        ['KEY', 'a\r\nb\r\n'],
        ['B', '2'],
      ],
    ],
    ['a doubled quote', '"JSON={""a"": ""b""}"', [['JSON', '{"a": "b"}']]],
    ['a hash', 'A=b#c', [['A', 'b#c']]],
  ])('%s', (_name, secrets, expected) => {
    expect(read({ secrets })).toEqual(expected.map(([id, value]) => ({ id, kind: 'value', value })))
  })

  test('the environment and files', () => {
    expect(read({ 'secret-envs': 'A=ENV_A,B=ENV_B\nC=ENV_C', 'secret-files': 'D=./secret, with comma.txt' })).toEqual([
      { id: 'A', kind: 'env', name: 'ENV_A' },
      { id: 'B', kind: 'env', name: 'ENV_B' },
      { id: 'C', kind: 'env', name: 'ENV_C' },
      { id: 'D', kind: 'file', path: './secret, with comma.txt' },
    ])
  })

  test.each([
    [
      'secrets',
      'A=1\n\nhunter2',
      'input secrets, line 3: the entry has no key; write it as key=text, and put double quotes around an entry that spans lines',
    ],
    [
      'secrets',
      '=hunter2',
      'input secrets, line 1: the entry has no key; write it as key=text, and put double quotes around an entry that spans lines',
    ],
    [
      'secrets',
      'KEY=',
      'input secrets, line 1: "KEY" has no value (secrets are empty in pull requests from forks); write it as key=text, or leave the line out',
    ],
    ['secrets', 'A=1\n"B=hunter2\n', 'input secrets: line 2: a quoted entry is not closed; end it with a double quote'],
    ['secret-envs', 'A=ENV_A\nhunter2', 'input secret-envs, line 2: the entry has no key; write it as key=NAME_OF_VARIABLE'],
    ['secret-files', 'KEY=', 'input secret-files, line 1: "KEY" has no value; write it as key=path, or leave the line out'],
  ])('%s: %j is an error without its text', (name, text, message) => {
    expect(() => read({ [name]: text })).toThrow(expect.objectContaining({ message }))
    expect(message).not.toContain('hunter2')
  })
})

describe('planSecrets', () => {
  test('a value goes into a file, never into the command', () => {
    const plan = planSecrets(read({ secrets: 'A=hunter2', 'secret-envs': 'B=ENV_B', 'secret-files': 'C=a,"b".txt' }), '/temp')
    expect(plan).toEqual({
      flags: ['--secret', 'id=B,env=ENV_B', '--secret', 'id=A,src=/temp/secret-1', '--secret', 'id=C,"src=a,""b"".txt"'],
      files: [{ path: '/temp/secret-1', text: 'hunter2' }],
    })
  })
})

describe('secretLines', () => {
  test('hides long lines, not braces', () => {
    expect(secretLines(read({ secrets: '"JSON={\n  ""password"": ""hunter2""\n}"\nPIN=123', 'secret-envs': 'A=SOME_NAME' }))).toEqual([
      '"password": "hunter2"',
    ])
  })
})
