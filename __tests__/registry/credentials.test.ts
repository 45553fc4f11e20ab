import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Credential, credentialFor } from '../../src/registry/credentials.ts'
import { makeFolder } from '../folder.ts'

const root = makeFolder()
const bin = join(root, 'bin')
mkdirSync(bin)
let count = 0

const base64 = (text: string) => Buffer.from(text).toString('base64')
const basic = (username: string, password: string): Credential => ({ kind: 'basic', username, password })

/** The answer for a host, with config.json as given and a program of this machine's own as credential helper. */
function ask(host: string, config?: unknown, env: Record<string, string> = {}) {
  const dir = join(root, String(++count))
  mkdirSync(dir)
  if (config !== undefined) writeFileSync(join(dir, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
  return credentialFor(host, dir, { PATH: `${bin}:${process.env.PATH}`, ...env })
}

/** A credential helper as a shell script, which gets the verb as argument and the server on its input. */
function helper(name: string, script: string): void {
  const path = join(bin, `docker-credential-${name}`)
  writeFileSync(path, `#!/bin/sh\nread -r server\n${script}\n`)
  chmodSync(path, 0o700)
}

describe('config.json', () => {
  test.each<[string, string, unknown, Credential | undefined]>([
    ['none', 'ghcr.io', undefined, undefined],
    ['no entries', 'ghcr.io', {}, undefined],
    ['an entry', 'ghcr.io', { auths: { 'ghcr.io': { auth: base64('me:pass:word') } } }, basic('me', 'pass:word')],
    ['letters beyond ASCII', 'ghcr.io', { auths: { 'ghcr.io': { auth: base64('me:grüße') } } }, basic('me', 'grüße')],
    ['padding that old clients wrote', 'ghcr.io', { auths: { 'ghcr.io': { auth: base64('me:pw\0\0') } } }, basic('me', 'pw')],
    [
      'an identity token',
      'ghcr.io',
      { auths: { 'ghcr.io': { auth: base64('me:'), identitytoken: 'tok' } } },
      { kind: 'identity', token: 'tok' },
    ],
    ["another registry's entry", 'ghcr.io', { auths: { 'quay.io': { auth: base64('me:pw') } } }, undefined],
    ['a host that only ends alike', 'ghcr.io', { auths: { 'evil-ghcr.io': { auth: base64('me:pw') } } }, undefined],
    ['a host that only begins alike', 'ghcr.io', { auths: { 'ghcr.io.evil.example': { auth: base64('me:pw') } } }, undefined],
    ['another port', 'localhost:5000', { auths: { 'localhost:5001': { auth: base64('me:pw') } } }, undefined],
    ['an address of older clients', 'ghcr.io', { auths: { 'https://ghcr.io/v2/': { auth: base64('me:pw') } } }, basic('me', 'pw')],
    [
      'the exact key goes before an address',
      'ghcr.io',
      { auths: { 'https://ghcr.io': { auth: base64('a:b') }, 'ghcr.io': { auth: base64('me:pw') } } },
      basic('me', 'pw'),
    ],
    ["Docker Hub's key", 'docker.io', { auths: { 'https://index.docker.io/v1/': { auth: base64('me:pw') } } }, basic('me', 'pw')],
    ["Docker Hub's other name", 'docker.io', { auths: { 'registry-1.docker.io': { auth: base64('me:pw') } } }, basic('me', 'pw')],
    ['an empty entry', 'ghcr.io', { auths: { 'ghcr.io': {} } }, undefined],
    ['an entry that is null', 'ghcr.io', { auths: { 'ghcr.io': null } }, undefined],
    ['an entry without a user', 'ghcr.io', { auths: { 'ghcr.io': { auth: base64(':pw') } } }, undefined],
    ['an entry without a colon', 'ghcr.io', { auths: { 'ghcr.io': { auth: base64('me') } } }, undefined],
    ['an entry that is a number', 'ghcr.io', { auths: { 'ghcr.io': { auth: 123, identitytoken: 4 } } }, undefined],
    ['an entry that is text', 'ghcr.io', { auths: { 'ghcr.io': 'hunter2' } }, undefined],
  ])('%s', async (_, host, config, credential) => {
    expect(await ask(host, config)).toEqual(credential)
  })

  test('a file that is no JSON is an error that does not show it', async () => {
    const error = await ask('ghcr.io', '{"auths": hunter2').catch((cause: unknown) => cause as Error)
    expect((error as Error).message).toMatch(/config\.json is not valid JSON: repair or remove it$/)
    expect(`${(error as Error).stack}${(error as Error).cause}`).not.toContain('hunter2')
  })
})

describe('DOCKER_AUTH_CONFIG', () => {
  const inFile = { auths: { 'ghcr.io': { auth: base64('file:pw') } } }

  test('goes before config.json', async () => {
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'ghcr.io': { auth: base64('env:pw') } } }) }
    expect(await ask('ghcr.io', inFile, env)).toEqual(basic('env', 'pw'))
  })

  test('leaves other registries to config.json', async () => {
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'quay.io': { auth: base64('env:pw') } } }) }
    expect(await ask('ghcr.io', inFile, env)).toEqual(basic('file', 'pw'))
  })

  test('that is no JSON is an error that names it', async () => {
    await expect(ask('ghcr.io', inFile, { DOCKER_AUTH_CONFIG: 'hunter2' })).rejects.toThrow(
      new Error('the environment variable DOCKER_AUTH_CONFIG is not valid JSON: repair or remove it'),
    )
  })
})

describe('a credential helper', () => {
  helper('good', `printf '{"ServerURL":"%s","Username":"me@%s","Secret":"from helper"}' "$server" "$server"`)
  helper('token', `printf '{"Username":"<token>","Secret":"tok"}'`)
  helper('none', `echo 'credentials not found in native keychain'; exit 1`)
  helper('broken', `echo 'hunter2'; exit 3`)
  helper('chatty', `echo 'hunter2'`)

  test.each<[string, object, Credential | undefined]>([
    ['for all registries', { credsStore: 'good' }, basic('me@ghcr.io', 'from helper')],
    ['for this registry', { credHelpers: { 'ghcr.io': 'good' }, credsStore: 'broken' }, basic('me@ghcr.io', 'from helper')],
    ['for another registry', { credHelpers: { 'quay.io': 'broken' }, auths: { 'ghcr.io': { auth: base64('a:b') } } }, basic('a', 'b')],
    ['that has an identity token', { credsStore: 'token' }, { kind: 'identity', token: 'tok' }],
    ['that has nothing', { credsStore: 'none' }, undefined],
  ])('%s', async (_, config, credential) => {
    expect(await ask('ghcr.io', config)).toEqual(credential)
  })

  test('is asked by the key of Docker Hub', async () => {
    expect(await ask('docker.io', { credsStore: 'good' })).toEqual(basic('me@https://index.docker.io/v1/', 'from helper'))
  })

  test.each([
    ['broken', 'the credential helper docker-credential-broken failed for ghcr.io (exit code 3)'],
    ['chatty', 'the credential helper docker-credential-chatty answered with something else than a credential for ghcr.io'],
    [
      'absent',
      "the credential helper docker-credential-absent, named in Docker's config.json, cannot be started: install it or remove it there",
    ],
    ['../evil', `Docker's config.json names an invalid credential helper "../evil"`],
  ])('%s is an error that names it and not what it printed', async (name, message) => {
    await expect(ask('ghcr.io', { credsStore: name })).rejects.toThrow(message)
  })
})
