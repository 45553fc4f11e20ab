import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectDir } from '../../testbed/action.mjs'
import { status } from '../../testbed/testbed.mjs'

const { state } = status()
const act = state?.tools?.act

describe('the example two-accounts, run by act', () => {
  // act is built from its Go module, so a machine without Go has none.
  const onAct = act === undefined ? test.skip : test

  onAct(
    'two logins, one build, and a later step that uses the digest',
    () => {
      if (act === undefined || !state?.engine || !state.registries) throw new Error('the test bed is not up')
      const folder = mkdtempSync(join(tmpdir(), 'act-'))
      try {
        const { a, b } = state.registries
        const workspace = join(folder, 'workspace')
        prepareWorkspace(workspace, folder)
        const secrets = { BASE_USERNAME: a.username, BASE_PASSWORD: a.password, TARGET_USERNAME: b.username, TARGET_PASSWORD: b.password }
        writeFileSync(join(folder, 'secrets.yml'), JSON.stringify(secrets), { mode: 0o600 })
        writeFileSync(join(folder, 'vars'), `BASE_REGISTRY=${a.host}\nTARGET_REGISTRY=${b.host}\n`)
        prepareAction(join(folder, 'action'))

        const args = ['push', '-P', 'ubuntu-latest=-self-hosted', '--secret-file', '../secrets.yml', '--var-file', '../vars']
        const {
          status: exitCode,
          stdout,
          stderr,
        } = spawnSync(act, [...args, '--local-repository', `manifold-ci/manifold@v1=${folder}/action`], {
          cwd: workspace,
          encoding: 'utf8',
          env: {
            HOME: folder,
            PATH: `${state.bin}:${process.env.PATH}`,
            DOCKER_HOST: state.engine.host,
            DOCKER_CONFIG: join(folder, 'docker'),
            GIT_CONFIG_NOSYSTEM: '1',
          },
        })
        const log = `${stdout}${stderr}`

        expect({ exitCode, log: exitCode === 0 ? '' : log }).toEqual({ exitCode: 0, log: '' })
        const digest = /::set-output:: digest=(sha256:[0-9a-f]{64})$/m.exec(log)?.[1]
        expect(log).toContain(`| deploying ${b.host}/yunxiao-demo/app1@${digest}`)
        const platforms = JSON.parse(/::set-output:: platforms=(.*)$/m.exec(log)?.[1] ?? '{}') as object
        expect(Object.keys(platforms).sort()).toEqual(['linux/amd64', 'linux/arm64'])
        for (const secret of [a.password, b.password]) expect(log).not.toContain(secret)
        expect(log).toContain(`Signed out of ${a.host}`)
        expect(log).toContain(`Signed out of ${b.host}`)
        // Docker leaves its folder; nothing of ours, and no credential, is in it.
        expect(readdirSync(join(folder, 'docker')).filter((name) => name !== 'buildx')).toEqual([])
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    120_000,
  )
})

/** A clone of a user's repository that has copied the example. */
function prepareWorkspace(workspace: string, folder: string): void {
  cpSync(join(projectDir, 'examples/two-accounts'), workspace, { recursive: true })
  mkdirSync(join(workspace, '.github/workflows'), { recursive: true })
  renameSync(join(workspace, 'workflow.yml'), join(workspace, '.github/workflows/image.yml'))
  mkdirSync(join(workspace, 'target'))
  writeFileSync(join(workspace, 'target/application.jar'), 'application')
  const commit = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message', 'example']
  for (const args of [['init', '--quiet', '--initial-branch', 'main'], ['add', '--all'], commit]) {
    const { status: exitCode, stderr } = spawnSync('git', args, {
      cwd: workspace,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder },
    })
    if (exitCode !== 0) throw new Error(`git ${args[0]}: ${stderr}`)
  }
}

/** What a runner fetches of this repository, without what only its developers need. */
function prepareAction(folder: string): void {
  for (const name of ['action.yml', 'login', 'dist']) cpSync(join(projectDir, name), join(folder, name), { recursive: true })
  const { type } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')) as { type: string }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }))
}
