import { eventOfClone } from '../../src/runner/clone.ts'
import { eventOfRunner, isOnRunner } from '../../src/runner/event.ts'
import type { GitFacts } from '../../src/runner/git.ts'

const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37'
const HEAD = 'f11797be6ef8a39d3b3f9f2a2a3a2a9c1a3b4c5d'

const read = (env: Record<string, string>, payload: unknown = {}) =>
  eventOfRunner({ GITHUB_SHA: SHA, ...env }, typeof payload === 'string' ? payload : JSON.stringify(payload))

describe('which system runs this', () => {
  test.each([
    // Both others call themselves GitHub as well.
    [{ FORGEJO_ACTIONS: 'true', GITEA_ACTIONS: 'true', GITHUB_ACTIONS: 'true' }, 'forgejo'],
    [{ GITEA_ACTIONS: 'true', GITHUB_ACTIONS: 'true' }, 'gitea'],
    [{ GITHUB_ACTIONS: 'true' }, 'github'],
  ])('%j is %s', (env, system) => {
    expect(read(env).system).toBe(system)
  })

  test('a process that is told no commit has to look at the clone', () => {
    expect(isOnRunner({ GITHUB_ACTIONS: 'true' })).toBe(false)
    expect(isOnRunner({ GITHUB_REF: 'refs/heads/main' })).toBe(true)
  })
})

describe('the ref', () => {
  const empty = { branch: undefined, tag: undefined, pullRequest: undefined, baseRef: '' }
  const number = { number: '5', headBranch: undefined, headSha: undefined }

  test.each<[string, Record<string, string>, unknown, Record<string, unknown>]>([
    ['a branch', { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/a/b' }, {}, { ...empty, branch: 'a/b' }],
    ['a tag', { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/p1/v1,2' }, { base_ref: null }, { ...empty, tag: 'p1/v1,2' }],
    [
      'a tag pushed from a branch',
      { GITHUB_REF: 'refs/tags/v1' },
      { base_ref: 'refs/heads/main' },
      { ...empty, tag: 'v1', baseRef: 'main' },
    ],
    [
      'a pull request',
      { GITHUB_REF: 'refs/pull/5/merge', GITHUB_BASE_REF: 'main' },
      {},
      { ...empty, pullRequest: number, baseRef: 'main' },
    ],
    ['a pull request on Gitea', { GITHUB_REF: 'refs/pull/5/head', GITEA_ACTIONS: 'true' }, {}, { ...empty, pullRequest: number }],
    [
      'a pull request in all its detail',
      { GITHUB_REF: 'refs/pull/5/merge' },
      { number: 5, pull_request: { number: 5, head: { ref: 'feature', sha: HEAD }, base: { ref: 'develop' } } },
      { ...empty, pullRequest: { number: '5', headBranch: 'feature', headSha: HEAD }, baseRef: 'develop' },
    ],
    [
      'pull_request_target, which runs on the base branch',
      { GITHUB_EVENT_NAME: 'pull_request_target', GITHUB_REF: 'refs/heads/main', GITHUB_HEAD_REF: 'feature' },
      { pull_request: { number: 5, base: { ref: 'main' } } },
      { ...empty, ref: 'refs/pull/5/merge', pullRequest: { ...number, headBranch: 'feature' }, baseRef: 'main' },
    ],
    [
      'a pull request that was closed and runs on the base branch',
      { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/heads/main' },
      { pull_request: { number: 5, base: { ref: 'main' } } },
      { ...empty, branch: 'main' },
    ],
    [
      'a merge queue',
      { GITHUB_EVENT_NAME: 'merge_group', GITHUB_REF: `refs/heads/gh-readonly-queue/rel/1/pr-5-${SHA}` },
      { merge_group: { base_ref: 'refs/heads/rel/1' } },
      { ...empty, pullRequest: number, baseRef: 'rel/1' },
    ],
    ['nothing', {}, 'no JSON', { ...empty, ref: '' }],
  ])('%s', (_, env, payload, expected) => {
    expect(read(env, payload)).toMatchObject(expected)
  })

  test("a pull request's own commit, where the field's variable asks for it", () => {
    const payload = { pull_request: { number: 5, head: { sha: HEAD } } }
    expect(read({ GITHUB_REF: 'refs/pull/5/merge' }, payload).sha).toBe(SHA)
    expect(read({ GITHUB_REF: 'refs/pull/5/merge', DOCKER_METADATA_PR_HEAD_SHA: 'true' }, payload).sha).toBe(HEAD)
    expect(read({ GITHUB_REF: 'refs/heads/main', DOCKER_METADATA_PR_HEAD_SHA: 'true' }, payload).sha).toBe(SHA)
  })
})

describe('times', () => {
  const commit = { head_commit: { id: SHA, timestamp: '2020-10-15T16:00:00+08:00' } }

  test.each<[string, string, unknown, string | undefined, string | undefined]>([
    [
      'a push on GitHub',
      'push',
      { ...commit, repository: { pushed_at: 1602750300 } },
      '2020-10-15T08:00:00.000Z',
      '2020-10-15T08:25:00.000Z',
    ],
    ['a push on Gitea', 'push', commit, '2020-10-15T08:00:00.000Z', undefined],
    ['the time of another commit', 'push', { head_commit: { id: HEAD, timestamp: '2020-10-15T16:00:00Z' } }, undefined, undefined],
    ['the time of another push', 'schedule', { repository: { pushed_at: '2020-10-15T16:00:00Z' } }, undefined, undefined],
    ['no time', 'push', { head_commit: { id: SHA, timestamp: 'yesterday' } }, undefined, undefined],
  ])('%s', (_, name, payload, commitTime, pushTime) => {
    const event = read({ GITHUB_EVENT_NAME: name, GITHUB_REF: 'refs/heads/main' }, payload)
    expect([event.commitTime?.toISOString(), event.pushTime?.toISOString()]).toEqual([commitTime, pushTime])
  })
})

describe('the repository', () => {
  test.each<[string, Record<string, string>, unknown, Record<string, string>]>([
    [
      'as GitHub tells it',
      {},
      { repository: { name: 'r', description: 'd', html_url: 'https://github.com/o/r', license: { spdx_id: 'MIT' } } },
      { name: 'r', description: 'd', url: 'https://github.com/o/r', license: 'MIT' },
    ],
    [
      'as Gitea tells it',
      {},
      { repository: { name: 'r', description: '', html_url: 'http://git.local:3000/sub/o/r', licenses: ['Apache-2.0', 'MIT'] } },
      { name: 'r', description: '', url: 'http://git.local:3000/sub/o/r', license: 'Apache-2.0' },
    ],
    [
      'without a payload',
      { GITHUB_SERVER_URL: 'http://git.local:3000/sub/', GITHUB_REPOSITORY: 'o/r' },
      '',
      { name: 'r', description: '', url: 'http://git.local:3000/sub/o/r', license: '' },
    ],
    [
      'with a licence that nobody knows',
      {},
      { repository: { name: 'r', description: null, license: { spdx_id: 'NOASSERTION' } } },
      { name: 'r', description: '', url: '', license: '' },
    ],
  ])('%s', (_, env, payload, repository) => {
    expect(read(env, payload).repository).toEqual(repository)
  })

  test.each<[string, unknown, boolean]>([
    ['a push', { repository: { full_name: 'o/r' } }, false],
    ['a branch of the repository', { pull_request: { head: { repo: { full_name: 'o/r' } } }, repository: { full_name: 'o/r' } }, false],
    ['a branch of a fork', { pull_request: { head: { repo: { full_name: 'x/r' } } }, repository: { full_name: 'o/r' } }, true],
    ['a fork that is gone', { pull_request: { head: { repo: null } }, repository: { full_name: 'o/r' } }, true],
  ])('%s comes from a fork: %j', (_, payload, fork) => {
    expect(read({ GITHUB_REF: 'refs/pull/1/merge' }, payload).fork).toBe(fork)
  })
})

describe('a plain clone', () => {
  const facts: GitFacts = { sha: SHA, commitTime: new Date(0), branch: undefined, refs: [], defaultBranch: 'main', remote: undefined }

  test.each<[string, Partial<GitFacts>, string]>([
    ['on a branch', { branch: 'a/b', refs: ['refs/heads/a/b', 'refs/tags/v1'] }, 'refs/heads/a/b'],
    ['on a tag', { refs: ['refs/tags/v1.9.0', 'refs/tags/v1.10.0', 'refs/remotes/origin/main'] }, 'refs/tags/v1.10.0'],
    ['on a version among other tags', { refs: ['refs/tags/v2', 'refs/tags/x'] }, 'refs/tags/v2'],
    ['on a tag with a comma', { refs: ['refs/tags/a,b'] }, 'refs/tags/a,b'],
    ['on a pull request', { refs: ['refs/remotes/origin/x', 'refs/remotes/pull/7/merge'] }, 'refs/pull/7/merge'],
    [
      'on a branch of origin',
      { refs: ['refs/remotes/origin/HEAD', 'refs/remotes/origin/dev', 'refs/remotes/origin/main'] },
      'refs/heads/main',
    ],
    ['on another branch of origin', { refs: ['refs/remotes/origin/dev'] }, 'refs/heads/dev'],
    ['on nothing', {}, ''],
  ])('%s', (_, changes, ref) => {
    expect(eventOfClone({ ...facts, ...changes })).toMatchObject({ system: 'clone', name: '', ref, sha: SHA, defaultBranch: 'main' })
  })

  test('a number of a pull request', () => {
    expect(eventOfClone({ ...facts, refs: ['refs/remotes/pull/7/merge'] }).pullRequest?.number).toBe('7')
  })

  test.each([
    ['https://user:token@git.example.com:8443/o/r.git', 'https://git.example.com:8443/o/r'],
    ['http://git.local/o/r/', 'http://git.local/o/r'],
    ['git@github.com:o/r.git', 'https://github.com/o/r'],
    ['ssh://git@git.example.com:2222/o/r.git', 'https://git.example.com/o/r'],
    ['git://git.example.com/o/r', 'https://git.example.com/o/r'],
    ['/srv/git/r.git', ''],
    ['../r', ''],
    ['file:///srv/r', ''],
    ['https://', ''],
  ])('the remote %s is %j', (remote, url) => {
    expect(eventOfClone({ ...facts, remote }).repository).toEqual({ name: url === '' ? '' : 'r', description: '', url, license: '' })
  })

  test('no clone at all', () => {
    expect(eventOfClone(undefined)).toMatchObject({ system: 'clone', ref: '', sha: '', commitTime: undefined })
  })
})
