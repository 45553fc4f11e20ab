import { type GitContext, gitContext, gitSecret, resolveContext } from '../../src/build/context.ts'

const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37'
const HEAD = 'a'.repeat(40)
const github = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'me/app', GITHUB_SHA: SHA, GITHUB_REF: 'refs/heads/main' }
const git: GitContext = { repository: 'https://github.com/me/app.git', address: `https://github.com/me/app.git#${SHA}`, host: 'github.com' }

describe('gitContext', () => {
  const pull = { ...github, GITHUB_REF: 'refs/pull/7/merge' }
  const asked = { DOCKER_DEFAULT_GIT_CONTEXT_PR_HEAD_REF: 'true' }
  test.each<[string, Record<string, string>, string | undefined, GitContext | undefined]>([
    ['GitHub', github, undefined, git],
    [
      'Gitea with a port and a path',
      { ...github, GITHUB_SERVER_URL: 'http://10.0.0.5:22827/gitea/' },
      undefined,
      {
        repository: 'http://10.0.0.5:22827/gitea/me/app.git',
        address: `http://10.0.0.5:22827/gitea/me/app.git#${SHA}`,
        host: '10.0.0.5:22827',
      },
    ],
    ['a pull request is its merge', pull, HEAD, git],
    ['or its last commit, where asked for', { ...pull, ...asked }, HEAD, { ...git, address: `${git.repository}#${HEAD}` }],
    [
      'or its branch, where the payload says no more',
      { ...pull, ...asked },
      undefined,
      { ...git, address: `${git.repository}#refs/pull/7/head` },
    ],
    ['asked for, but no pull request', { ...github, ...asked }, HEAD, git],
    ['no commit', { ...github, GITHUB_SHA: '' }, undefined, { ...git, address: `${git.repository}#refs/heads/main` }],
    ['no runner', {}, undefined, undefined],
  ])('%s', (_name, env, headSha, expected) => {
    expect(gitContext({ pullRequest: { number: '7', headBranch: 'topic', headSha } }, env)).toEqual(expected)
  })
})

describe('resolveContext', () => {
  test.each<[string, { checkout: boolean; git: GitContext | undefined }, string]>([
    ['', { checkout: true, git }, '.'],
    ['', { checkout: false, git }, git.address],
    ['', { checkout: false, git: undefined }, '.'],
    ['.', { checkout: false, git }, '.'],
    ['./sub', { checkout: true, git }, './sub'],
    ['{{defaultContext}}', { checkout: true, git }, git.address],
    ['{{ defaultContext }}:sub', { checkout: true, git }, `${git.address}:sub`],
    ['{{defaultContext}}:$&', { checkout: true, git }, `${git.address}:$&`],
    ['https://github.com/other/app.git#main', { checkout: true, git }, 'https://github.com/other/app.git#main'],
  ])('%j in %j', (text, source, expected) => {
    expect(resolveContext(text, source)).toBe(expected)
  })

  test('no commit to stand for the default', () => {
    expect(() => resolveContext('{{defaultContext}}', { checkout: true, git: undefined })).toThrow(
      '{{defaultContext}} is not known here: no runner says which commit this is; write a path or an address',
    )
  })
})

describe('gitSecret', () => {
  const value = { id: 'GIT_AUTH_TOKEN.github.com', kind: 'value', value: 'token' }
  const secret = (id: string) => [{ id, kind: 'value' as const, value: 'own' }]
  test.each<[string, string, string[], ReturnType<typeof secret>, boolean]>([
    ["the event's own repository", 'token', [git.address], [], true],
    ['with a folder', 'token', [`${git.address}:sub`], [], true],
    ['at another ref', 'token', [`${git.repository}#main`], [], true],
    ['as a named context', 'token', ['.', git.address], [], true],
    ['a path', 'token', ['.'], [], false],
    ['another repository of the host', 'token', ['https://github.com/other/app.git'], [], false],
    ['a repository whose name begins alike', 'token', ['https://github.com/me/app.github.io.git'], [], false],
    ['another host that begins alike', 'token', ['https://github.com.example.org/me/app.git'], [], false],
    ['no token', '', [git.address], [], false],
    ["a token of the user's own", 'token', [git.address], secret('GIT_AUTH_TOKEN'), false],
    ["a header of the user's own for the host", 'token', [git.address], secret('GIT_AUTH_HEADER.github.com'), false],
    ['a token for another host', 'token', [git.address], secret('GIT_AUTH_TOKEN.example.com'), true],
  ])('%s', (_name, token, contexts, secrets, given) => {
    expect(gitSecret(token, { contexts, secrets, git })).toEqual(given ? value : undefined)
  })
})
