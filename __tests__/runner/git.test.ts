import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readClone, readCommitTime, readTags } from '../../src/runner/git.ts'
import { readTrigger } from '../../src/runner/trigger.ts'

const TIME = new Date('2024-09-19T04:24:56Z')
const folder = mkdtempSync(join(tmpdir(), 'git-'))
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_DATE: '2001-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: TIME.toISOString(),
}
const origin = join(folder, 'origin')

beforeAll(() => {
  git(folder, 'init', '--quiet', '--initial-branch=main', origin)
  commit('one')
  git(origin, 'tag', 'v1.0.0')
  git(origin, 'tag', 'with,comma')
  commit('two')
  git(origin, 'branch', 'release-v1')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a branch', async () => {
  const clone = cloned('branch', '--branch=release-v1')
  const sha = git(clone, 'rev-parse', 'HEAD')
  const facts = await readClone(clone, env)
  expect(facts).toMatchObject({ sha, commitTime: TIME, branch: 'release-v1', defaultBranch: 'main', remote: `file://${origin}` })
  expect(facts?.refs).toEqual([
    'refs/heads/release-v1',
    'refs/remotes/origin/HEAD',
    'refs/remotes/origin/main',
    'refs/remotes/origin/release-v1',
  ])
})

test('a tag in a detached HEAD, as a shallow clone', async () => {
  const clone = cloned('tag', '--branch=v1.0.0', '--depth=1')
  expect(await readClone(clone, env)).toMatchObject({ branch: undefined, refs: ['refs/tags/v1.0.0', 'refs/tags/with,comma'] })
  const { event, gitTags } = await readTrigger(clone, env)
  expect(event).toMatchObject({ system: 'clone', ref: 'refs/tags/v1.0.0', tag: 'v1.0.0', commitTime: TIME })
  expect(gitTags).toEqual(['v1.0.0', 'with,comma'])
})

test('all tags, whatever their names hold', async () => {
  expect(await readTags(cloned('tags'), env)).toEqual(['v1.0.0', 'with,comma'])
})

test("git only adds what a runner's event leaves open", async () => {
  const clone = cloned('runner')
  const sha = git(clone, 'rev-parse', 'v1.0.0')
  const payload = join(folder, 'event.json')
  writeFileSync(payload, JSON.stringify({ repository: { default_branch: 'trunk' } }))
  const runner = { ...env, GITHUB_ACTIONS: 'true', GITHUB_SHA: sha, GITHUB_EVENT_NAME: 'push', GITHUB_EVENT_PATH: payload }
  const onTag = await readTrigger(clone, { ...runner, GITHUB_REF: 'refs/tags/v1.0.0' })
  expect(onTag).toMatchObject({
    event: { sha, tag: 'v1.0.0', defaultBranch: 'trunk', commitTime: TIME },
    gitTags: ['v1.0.0', 'with,comma'],
  })
  const onBranch = await readTrigger(clone, { ...runner, GITHUB_REF: 'refs/heads/x', GITHUB_EVENT_PATH: join(folder, 'none.json') })
  expect(onBranch).toMatchObject({ event: { branch: 'x', defaultBranch: undefined, commitTime: TIME }, gitTags: [] })
})

test('a signature that git would show, and a commit that is not there', async () => {
  const clone = cloned('signed')
  git(clone, 'config', 'log.showSignature', 'true')
  expect(await readCommitTime(git(clone, 'rev-parse', 'HEAD'), clone, env)).toEqual(TIME)
  expect(await readCommitTime('0'.repeat(40), clone, env)).toBeUndefined()
  expect(await readCommitTime('--all', clone, env)).toBeUndefined()
})

test('no clone, no commit, no git', async () => {
  const plain = mkdtempSync(join(folder, 'plain-'))
  expect(await readClone(plain, { ...env, GIT_CEILING_DIRECTORIES: folder })).toBeUndefined()
  git(plain, 'init', '--quiet')
  expect(await readClone(plain, env)).toBeUndefined()
  expect(await readClone(origin, { ...env, PATH: plain })).toBeUndefined()
  expect(await readTrigger(plain, env)).toMatchObject({ event: { system: 'clone', ref: '', sha: '' }, gitTags: [] })
})

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, env, encoding: 'utf8' }).trim()
}

function commit(message: string): void {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  git(origin, ...who, 'commit', '--quiet', '--allow-empty', '--message', message)
}

function cloned(name: string, ...args: string[]): string {
  const target = join(folder, name)
  git(folder, '-c', 'advice.detachedHead=false', 'clone', '--quiet', ...args, `file://${origin}`, target)
  return target
}
