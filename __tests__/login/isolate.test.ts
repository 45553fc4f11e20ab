import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { isolate, removeIsolation } from '../../src/login/isolate.ts'

const folder = mkdtempSync(join(tmpdir(), 'isolate-'))
const env = { RUNNER_TEMP: join(folder, 'temp'), DOCKER_CONFIG: join(folder, 'docker') }
beforeAll(() => {
  for (const path of [env.RUNNER_TEMP, join(env.DOCKER_CONFIG, 'contexts/meta')]) mkdirSync(path, { recursive: true })
  const config = {
    auths: { 'a.io': { auth: 'eDp5' } },
    credsStore: 'pass',
    credHelpers: { 'b.io': 'x' },
    proxies: { default: {} },
    cliPluginsExtraDirs: ['/extra'],
  }
  writeFileSync(join(env.DOCKER_CONFIG, 'config.json'), JSON.stringify(config))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a config of its own has the settings, plugins, contexts and builders, and no credentials', async () => {
  const { dir, variables, made } = await isolate(env)
  expect(made).toBe(true)
  expect(dirname(dir)).toBe(env.RUNNER_TEMP)
  expect(statSync(dir).mode & 0o777).toBe(0o700)
  expect(statSync(join(dir, 'config.json')).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))).toEqual({
    proxies: { default: {} },
    cliPluginsExtraDirs: [join(env.DOCKER_CONFIG, 'cli-plugins'), '/extra'],
  })
  expect(existsSync(join(dir, 'contexts/meta'))).toBe(true)
  expect(variables).toEqual({ DOCKER_CONFIG: dir, BUILDX_CONFIG: join(env.DOCKER_CONFIG, 'buildx') })

  // A second step of the job takes the same one.
  expect(await isolate({ ...env, ...variables })).toEqual({ dir, variables: {}, made: false })
  await removeIsolation(dir, env)
  await removeIsolation(dir, env)
  expect(existsSync(dir)).toBe(false)
  expect(existsSync(join(env.DOCKER_CONFIG, 'contexts/meta'))).toBe(true)
})

test('what it has not made is not removed', async () => {
  for (const dir of [env.DOCKER_CONFIG, env.RUNNER_TEMP, join(env.RUNNER_TEMP, basename(env.DOCKER_CONFIG))]) {
    await expect(removeIsolation(dir, env)).rejects.toThrow(`${dir} is not removed`)
  }
})
