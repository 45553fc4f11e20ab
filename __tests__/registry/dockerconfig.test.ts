import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import {
  authKey,
  configPath,
  HUB_KEY,
  helperName,
  parseConfig,
  readConfigText,
  removeConfig,
  writeConfigText,
  writeSecretFile,
} from '../../src/registry/dockerconfig.ts'
import { makeFolder } from '../folder.ts'

const root = makeFolder()
let count = 0
const newDir = () => join(root, String(++count))

describe('parseConfig', () => {
  test.each<[string, string | undefined, object]>([
    ['no file', undefined, {}],
    ['an empty file', ' \n', {}],
    ['an empty object', '{}', {}],
    ['auths that are null', '{"auths": null}', { auths: null }],
    ['what we do not know is kept', '{"auths": {}, "HttpHeaders": {"a": "b"}}', { auths: {}, HttpHeaders: { a: 'b' } }],
  ])('%s', (_, text, config) => {
    expect(parseConfig(text, '/c/config.json')).toEqual(config)
  })

  test.each([
    ['{"auths": {"x": {"auth": "aHVudGVyMg=="}', '/c/config.json is not valid JSON: repair or remove it'],
    ['hunter2', '/c/config.json is not valid JSON: repair or remove it'],
    ['"hunter2"', '/c/config.json is not a JSON object: repair or remove it'],
    ['["hunter2"]', '/c/config.json is not a JSON object: repair or remove it'],
    ['null', '/c/config.json is not a JSON object: repair or remove it'],
    ['{"auths": "hunter2"}', '/c/config.json: "auths" is not an object: repair or remove it'],
    ['{"auths": ["hunter2"]}', '/c/config.json: "auths" is not an object: repair or remove it'],
    ['{"credHelpers": "hunter2"}', '/c/config.json: "credHelpers" is not an object: repair or remove it'],
  ])('%s is an error that does not show it', (text, message) => {
    const error = errorOf(() => parseConfig(text, '/c/config.json'))
    expect(error.message).toBe(message)
    // Also not in what comes with the error: a cause is printed as well.
    expect(error.cause).toBeUndefined()
  })

  test('for any text: no part of it in an error', () => {
    const broken = fc.tuple(fc.constantFrom('{"auths":{"', '{', '[', '"', ''), fc.constantFrom('', '"', '}', ':', '\n'))
    fc.assert(
      fc.property(broken, ([before, after]) => {
        try {
          parseConfig(`${before}hunter2${after}`, 'config.json')
        } catch (error) {
          expect(`${(error as Error).stack}${(error as Error).cause}`).not.toContain('hunter2')
        }
      }),
    )
  })
})

describe('the file', () => {
  test('none', async () => {
    expect(await readConfigText(newDir())).toBeUndefined()
  })

  test('what is written is read, by its owner alone, and nothing else is left', async () => {
    const dir = newDir()
    await writeConfigText(dir, '{"auths": {}}')
    expect(await readConfigText(dir)).toBe('{"auths": {}}')
    expect(statSync(configPath(dir)).mode & 0o777).toBe(0o600)
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    expect(readdirSync(dir)).toEqual(['config.json'])
  })

  test('a file keeps its permissions, a link stays a link', async () => {
    const dir = newDir()
    const real = join(root, `real-${count}.json`)
    writeFileSync(real, 'old')
    chmodSync(real, 0o640)
    mkdirSync(dir)
    symlinkSync(real, configPath(dir))
    await writeConfigText(dir, 'new')
    expect(lstatSync(configPath(dir)).isSymbolicLink()).toBe(true)
    expect(readFileSync(real, 'utf8')).toBe('new')
    expect(statSync(real).mode & 0o777).toBe(0o640)
  })

  test('a write that fails leaves the old file and no draft, and does not show the text', async () => {
    const dir = newDir()
    mkdirSync(join(dir, 'config.json', 'in the way'), { recursive: true })
    const error = await writeConfigText(dir, 'hunter2').catch((cause: unknown) => cause as Error)
    expect((error as Error).message).toBe(`cannot write ${configPath(dir)}: check the disk and the permissions of its folder`)
    expect(`${(error as Error).stack}${(error as Error).cause}`).not.toContain('hunter2')
    expect(readdirSync(dir)).toEqual(['config.json'])
    await expect(readConfigText(dir)).rejects.toThrow(`cannot read ${configPath(dir)}: check its permissions`)
  })

  test('removed, also when it is not there', async () => {
    const dir = newDir()
    await writeSecretFile(configPath(dir), '{}')
    await removeConfig(dir)
    await removeConfig(dir)
    expect(readdirSync(dir)).toEqual([])
  })
})

test.each([
  ['docker.io', HUB_KEY],
  ['index.docker.io', HUB_KEY],
  ['Registry-1.Docker.io', HUB_KEY],
  ['ghcr.io', 'ghcr.io'],
  ['127.0.0.1:5000', '127.0.0.1:5000'],
])('the key of %s is %s', (host, key) => {
  expect(authKey(host)).toBe(key)
})

test.each([
  [{}, undefined],
  [{ credsStore: '' }, undefined],
  [{ credsStore: 'pass' }, 'pass'],
  [{ credHelpers: { 'ghcr.io': 'gh' } }, 'gh'],
  [{ credHelpers: { 'quay.io': 'q' } }, undefined],
  [{ credHelpers: { 'quay.io': 'q' }, credsStore: 'pass' }, 'pass'],
  [{ credHelpers: { 'ghcr.io': 'gh' }, credsStore: 'pass' }, 'gh'],
])('the helper that %j names for ghcr.io', (config, name) => {
  expect(helperName(config, 'ghcr.io')).toBe(name)
})

function errorOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
