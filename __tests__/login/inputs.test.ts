import fc from 'fast-check'
import { readInputs, readSecrets } from '../../src/login/inputs.ts'
import { anyCharacter } from '../character.ts'

const reader =
  (inputs: Record<string, string>) =>
  (name: string): string =>
    inputs[name] ?? ''
const read = (inputs: Record<string, string>) => readInputs(reader(inputs))
const accounts = (list: string) => read({ 'registry-auth': list }).accounts
const given = { username: 'me', password: 'pw' }

function errorOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('one registry', () => {
  test.each([
    ['', { server: '', registry: 'docker.io', key: 'https://index.docker.io/v1/' }],
    ['docker.io', { server: '', registry: 'docker.io', key: 'https://index.docker.io/v1/' }],
    ['https://index.docker.io/v1/', { server: '', registry: 'docker.io', key: 'https://index.docker.io/v1/' }],
    ['ghcr.io', { server: 'ghcr.io', registry: 'ghcr.io', key: 'ghcr.io' }],
    [' ghcr.io ', { server: 'ghcr.io', registry: 'ghcr.io', key: 'ghcr.io' }],
    ['https://ghcr.io/v2/', { server: 'ghcr.io', registry: 'ghcr.io', key: 'ghcr.io' }],
    ['127.0.0.1:5000', { server: '127.0.0.1:5000', registry: '127.0.0.1:5000', key: '127.0.0.1:5000' }],
  ])('%j', (registry, account) => {
    expect(read({ registry, ...given })).toEqual({
      accounts: [{ ...account, username: 'me', password: 'pw' }],
      logout: true,
      isolate: false,
    })
  })

  test('a password is taken as it is but for the newline at its end, a user name is trimmed', () => {
    expect(read({ username: ' me ', password: '  p w $"\'\\ ü\n' }).accounts[0]).toMatchObject({
      username: 'me',
      password: '  p w $"\'\\ ü',
    })
  })

  test.each([
    ['', true],
    ['true', true],
    ['TRUE', true],
    ['false', false],
    [' False ', false],
  ])('logout %j is %j', (logout, is) => {
    expect(read({ ...given, logout }).logout).toBe(is)
  })

  test.each<[string, Record<string, string>, string]>([
    ['no user name', { registry: 'ghcr.io', password: 'hunter2' }, 'input username: is empty, but signing in to ghcr.io needs one; set it'],
    [
      'no password',
      { username: 'me' },
      'input password: is empty, but signing in to docker.io needs one; set it, for example from a secret',
    ],
    ['a blank password', { username: 'me', password: ' \n' }, 'input password: is empty'],
    [
      'a registry that is an option',
      { registry: '--help', ...given },
      "input registry: not a registry's host; write it as registry.example.com",
    ],
    ['a registry with a blank', { registry: 'a b', ...given }, "input registry: not a registry's host"],
    ['a registry with a user name', { registry: 'https://me:hunter2@ghcr.io', ...given }, "input registry: not a registry's host"],
    [
      'a registry without a host',
      { registry: 'https://', ...given },
      'input registry: "https://" names no host; write it as registry.example.com',
    ],
    ['logout that is no switch', { ...given, logout: 'no' }, 'input logout: must be true or false'],
    ['ecr that is no switch', { ...given, ecr: 'yes' }, 'input ecr: must be auto, true or false'],
    ['isolate that is no switch', { ...given, isolate: 'yes' }, 'input isolate: must be true or false'],
    [
      'a scope that leads elsewhere',
      { ...given, scope: '../../hunter' },
      'input scope: "../../hunter" is no scope; write it as team/app, team/app@push or @push',
    ],
    [
      'an access key of AWS without its secret',
      { registry: 'public.ecr.aws', username: 'AKIA' },
      'input password: is empty, but signing in to public.ecr.aws needs one',
    ],
    [
      'a token for nobody',
      { ...given, 'security-token': 'hunter2' },
      'input security-token: is only used with acr-instance; set that as well',
    ],
    [
      'an address without TLS',
      { ...given, 'acr-instance': 'cri-1', 'acr-endpoint': 'http://cr.example.com' },
      'input acr-endpoint: must be an https address',
    ],
  ])('%s is refused', (_, inputs, message) => {
    const error = errorOf(() => read(inputs))
    expect(error.message).toContain(message)
    expect(error.message).not.toContain('hunter2')
  })
})

describe('several registries with one credential', () => {
  test.each([['a.io, b.io'], ['a.io\nb.io'], ['https://a.io/v2/,b.io,']])('%j', (registry) => {
    expect(read({ registry, ...given }).accounts.map(({ server, username, password }) => [server, username, password])).toEqual([
      ['a.io', 'me', 'pw'],
      ['b.io', 'me', 'pw'],
    ])
  })

  test('in an entry of a list', () => {
    expect(accounts('- {registry: "a.io,b.io", username: u, password: p, scope: team/app@push}')).toMatchObject([
      { server: 'a.io', scope: 'team/app@push' },
      { server: 'b.io', scope: 'team/app@push' },
    ])
  })
})

describe('an access key in place of a credential', () => {
  const aws = '012345678910.dkr.ecr.eu-west-3.amazonaws.com'
  test.each<[string, Record<string, string>, string | undefined]>([
    ["AWS's host", { registry: aws, ...given }, 'ecr'],
    ['without a key, which the environment has', { registry: aws }, 'ecr'],
    ['said to be one', { registry: 'mirror.example.com', ecr: 'true', ...given }, 'ecr'],
    ['said to be none', { registry: aws, ecr: 'false', ...given }, undefined],
    ['a password that AWS has given', { registry: aws, username: 'AWS', password: 'pw' }, undefined],
    ['another host', { registry: 'ghcr.io', ecr: 'auto', ...given }, undefined],
    ['an instance of ACR', { registry: 'demo-registry.cn-hangzhou.cr.aliyuncs.com', 'acr-instance': 'cri-1', ...given }, 'acr'],
  ])('%s', (_, inputs, kind) => {
    expect(read(inputs).accounts.map((each) => each.exchange?.kind)).toEqual([kind])
  })
})

describe('a list', () => {
  test('of several registries, in its order', () => {
    const list =
      '- registry: a.io\n  username: u1\n  password: p1\n- registry: b.io\n  username: u2\n  password: "p 2: #"\n- username: u3\n  password: p3'
    expect(accounts(list).map(({ registry, username, password }) => [registry, username, password])).toEqual([
      ['a.io', 'u1', 'p1'],
      ['b.io', 'u2', 'p 2: #'],
      ['docker.io', 'u3', 'p3'],
    ])
  })

  test.each([
    ['123456', '123456'],
    ['007', '007'],
    ['1e3', '1e3'],
    ['0x10', '0x10'],
    ['1_000', '1_000'],
    ['true', 'true'],
    ['null', 'null'],
    ['~', '~'],
    ['2026-11-21', '2026-11-21'],
    ['12.50', '12.50'],
    ["'it''s'", "it's"],
    ['"a\\tb"', 'a\tb'],
    ['|\n    line 1\n    line 2', 'line 1\nline 2'],
    ['a#b', 'a#b'],
    ['p:w', 'p:w'],
  ])('the password %j is the text %j', (written, password) => {
    expect(accounts(`- registry: a.io\n  username: 42\n  password: ${written}`)).toMatchObject([{ username: '42', password }])
  })

  test('in the other notation, and an anchor', () => {
    expect(accounts('[{registry: a.io, username: u, password: p}]')).toMatchObject([{ registry: 'a.io', username: 'u', password: 'p' }])
    expect(accounts('- {registry: a.io, username: u, password: &p pw}\n- {registry: b.io, username: u, password: *p}')).toMatchObject([
      { password: 'pw' },
      { password: 'pw' },
    ])
  })

  test.each<[string, string, string]>([
    ['a text', 'ghcr.io', 'input registry-auth: is not a YAML list; begin each entry with "- registry: …"'],
    ['a mapping', 'registry: a.io\nusername: u\npassword: hunter2', 'input registry-auth: is not a YAML list'],
    ['an entry that is text', '- hunter2', 'input registry-auth, entry 1: is not a set of registry, username and password'],
    ['an entry that is a list', '- {username: u, password: p}\n- [hunter2]', 'input registry-auth, entry 2: is not a set of'],
    ['an empty entry', '-', 'input registry-auth, entry 1: is not a set of'],
    [
      'no user name',
      '- {registry: a.io, password: hunter2}',
      'input registry-auth, entry 1: username: is empty, but signing in to a.io needs one',
    ],
    [
      'no password',
      '- {registry: a.io, username: u}',
      'input registry-auth, entry 1: password: is empty, but signing in to a.io needs one',
    ],
    ['a password that is a list', '- {username: u, password: [hunter2]}', 'input registry-auth: "password" must be plain text'],
    ['a password that is a set', '- {username: u, password: {hunter2: x}}', 'input registry-auth: "password" must be plain text'],
    [
      'an unknown field',
      '- {registry: a.io, user: hunter2}',
      'input registry-auth, entry 1: field 2 is not known; known are registry, username, password, ecr, scope, acr-instance',
    ],
    ['a blank left out after a colon', '- {registry: a.io, username: u, password:hunter2}', 'entry 1: field 3 is not known'],
    ['a field that is a property of every object', '- {constructor: hunter2}', 'entry 1: field 1 is not known'],
    ['a prototype', '- {__proto__: {password: hunter2}}', 'entry 1: field 1 is not known'],
    ['ecr that is no switch', '- {registry: a.io, ecr: "yes"}', 'input registry-auth, entry 1: ecr: must be auto, true or false'],
    [
      'a bad registry',
      '- {registry: "a b", username: u, password: hunter2}',
      "input registry-auth, entry 1: registry: not a registry's host",
    ],
  ])('%s is refused', (_, list, message) => {
    const error = errorOf(() => accounts(list))
    expect(error.message).toContain(message)
    expect(`${error.stack}${error.cause}`).not.toContain('hunter2')
  })

  test.each(['registry', 'username', 'password'])('and the input %s at once are refused', (name) => {
    const error = errorOf(() => read({ 'registry-auth': '- {username: u, password: p}', [name]: 'hunter2' }))
    expect(error.message).toBe(`input ${name}: cannot be used together with registry-auth; move it into the list`)
  })

  test('ecr: false is what nobody asked for', () => {
    expect(accounts('- {registry: a.io, username: u, password: p, ecr: false}')).toHaveLength(1)
  })
})

/** YAML that cannot be read, with the password hunter2 where the parser stumbles over it. */
const broken = [
  ['an alias', '- password: *hunter2'],
  ['an unknown tag', '- password: !hunter2'],
  ['an unknown tag of YAML', '- password: !!hunter2 x'],
  ['a tag with forbidden characters', '- password: !hunter2^x'],
  ['a tag with an undeclared handle', '- password: !hunter2!x y'],
  ['a tag with two handles', '- password: !a!hunter2!'],
  ['a verbatim tag', '- password: !<hunter2> x'],
  ['a verbatim tag with forbidden characters', '- password: !<hunter2^> x'],
  ['a verbatim tag without an end', '- password: !<hunter2'],
  ['a key that stands twice', '- password: hunter2\n  password: hunter2'],
  ['an unclosed double quote', '- password: "hunter2'],
  ['an unclosed single quote', "- password: 'hunter2"],
  ['text behind a quote', '- password: "hunter2"hunter2'],
  ['an unknown escape', '- password: "\\hunter2"'],
  ['a broken escape', '- password: "\\xhunter2"'],
  ['an unclosed set', '- {password: hunter2'],
  ['an unclosed list', '- [hunter2'],
  ['a list without commas', '- ["hunter2" "hunter2"]'],
  ['a colon in a value', '- password: hunter2: x'],
  ['a block scalar with text behind it', '- password: |hunter2'],
  ['a reserved character', '- password: @hunter2'],
  ['a backtick', '- password: `hunter2'],
  ['a percent sign', '- password: %hunter2'],
  ['a directive', '%hunter2 x\n- a\n%'],
  ['a tag directive', '%TAG !hunter2 x\n--- a'],
  ['a handle that stands twice', '%TAG !hunter2! a\n%TAG !hunter2! b\n--- a'],
  ['a complex key', '- ? [hunter2]\n  : x'],
  ['several documents', '- hunter2\n--- \n- hunter2'],
  ['a tab', '- password:\n\t\thunter2: x\n\t- x'],
  ['bad indentation', '- password: hunter2\n hunter2: x'],
  ['a character that is not allowed', '- password: hunter2\u0000'],
  ['a bell', '- password: "hunter2\u0007"'],
  ['an anchor without a name', '- password: & hunter2'],
  ['an alias without a name', '- password: * hunter2'],
  ['two tags', '- password: !a !hunter2 x'],
  ['two anchors', '- password: &a &hunter2 x'],
  ['a merge key', '- <<: *hunter2'],
] as const

describe('YAML that cannot be read', () => {
  test.each(broken)('%s shows none of the text', (_, list) => {
    const error = errorOf(() => accounts(list))
    expect(error.message).toMatch(/^input registry-auth: is not valid YAML \([\w ',()-]+\); write a list of "- registry: …"/)
    expect(`${error.stack}${error.cause}`).not.toContain('hunter2')
  })

  test('the line is told', () => {
    expect(errorOf(() => accounts('- registry: a.io\n  username: u\n  password: "x')).message).toContain(
      '(unexpected end of the stream within a double quoted scalar, line 3)',
    )
  })

  test('for any text around a password: no part of it in any error', () => {
    const piece = fc.constantFrom(...'!&*<>|%@`"\'{}[]:,#?~- \n\t\\^'.split(''), '- ', ': ', 'password: ', '<<: ', '!!', '!<', 'a', '---\n')
    const text = fc.tuple(fc.array(piece, { maxLength: 8 }), fc.array(piece, { maxLength: 8 }), fc.array(piece, { maxLength: 8 }))
    fc.assert(
      fc.property(text, ([before, between, after]) => {
        const list = `${before.join('')}hunter2${between.join('')}hunter2${after.join('')}`
        try {
          accounts(list)
        } catch (error) {
          expect((error as Error).message).toMatch(/^input registry-auth/)
          // What names a host is no secret, and shown.
          expect(`${(error as Error).stack}`.replaceAll(/"[^"]*" names no host/g, '')).not.toMatch(/hunter2/)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('what is masked before anything else', () => {
  const secrets = (inputs: Record<string, string>) => readSecrets(reader(inputs))

  test.each<[string, Record<string, string>, string[]]>([
    ['nothing', {}, []],
    ['blanks', { password: ' \n' }, []],
    ['the password', { password: 'pw' }, ['pw']],
    ['passwords of a list', { 'registry-auth': '- {username: u, password: p1}\n- {username: u, password: 42}' }, ['p1', '42']],
    ['both, although they are refused together', { password: 'pw', 'registry-auth': '- {password: p1}' }, ['pw', 'p1']],
    [
      'a list that cannot be read',
      { 'registry-auth': '- username: u\n  password: p1: x\n- password: "p2"\n  pass: [' },
      ['p1: x', 'p2', '['],
    ],
    ['a list with an entry that is none', { 'registry-auth': '- password: p1\n- text' }, ['p1']],
  ])('%s', (_, inputs, list) => {
    expect(secrets(inputs)).toEqual(list)
  })

  test('never throws', () => {
    const text = fc.oneof(fc.string({ unit: anyCharacter }), fc.constantFrom(...broken.map(([, list]) => list)))
    fc.assert(
      fc.property(text, text, (password, list) => {
        expect(secrets({ password, 'registry-auth': list })).toEqual(expect.any(Array))
      }),
    )
  })
})
