import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../testbed/command.mjs'
import { bed, configText, failed, freshStep, type Job, passed, scenario, type World, writeConfig } from './bed.ts'
import { formsOf, stable } from './commands.ts'
import { readManifest } from './remote.ts'

// A helper as Docker knows them, which keeps its credentials in a file: https://github.com/docker/docker-credential-helpers#development
const HELPER = `#!${process.execPath}
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const input = readFileSync(0, 'utf8')
const kept = existsSync(process.env.KEPT) ? JSON.parse(readFileSync(process.env.KEPT, 'utf8')) : {}
const save = () => writeFileSync(process.env.KEPT, JSON.stringify(kept), { mode: 0o600 })
const verb = process.argv[2]
if (verb === 'store') {
  const { ServerURL, Username, Secret } = JSON.parse(input)
  kept[ServerURL] = { ServerURL, Username, Secret }
  save()
  // So that a test can end whoever has called.
  if (process.env.WAIT && existsSync(process.env.WAIT)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
} else if (verb === 'get') {
  const found = kept[input.trim()]
  console.log(found ? JSON.stringify(found) : 'credentials not found in native keychain')
  if (!found) process.exitCode = 1
} else if (verb === 'erase') {
  delete kept[input.trim()]
  save()
} else if (verb === 'list') {
  console.log(JSON.stringify(Object.fromEntries(Object.values(kept).map(({ ServerURL, Username }) => [ServerURL, Username]))))
} else process.exitCode = 1
`

describe('a credential helper', () => {
  scenario('for all registries: what it kept before is put back', async (world) => {
    const { a, b } = world
    const before = '{"credsStore":"keep" }'
    const { job, kept } = helped(world, before)
    const previous = { ServerURL: a.host, Username: 'somebody', Secret: 'their secret' }
    await store(job, previous)

    await world.login(a, job)
    await world.login(b, job)
    expect(kept()[a.host]).toEqual({ ServerURL: a.host, Username: a.username, Secret: a.password })
    expect(kept()[b.host]).toEqual({ ServerURL: b.host, Username: b.username, Secret: b.password })
    // The build reads the base and reads back the tag with what the helper keeps.
    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` }, job)
    const image = world.repository()
    const inputs = { tags: `${image}:1`, platforms: 'linux/amd64,linux/arm64', push: 'true' }
    const { outputs } = passed(await job.step('', inputs))
    expect(outputs.digest).toBe((await readManifest(`${image}:1`, b)).digest)
    expect(secretsOnDisk(job, [...formsOf(a), ...formsOf(b), previous.Secret])).toEqual([])

    await job.posts()
    expect(kept()).toEqual({ [a.host]: previous })
    expect(configText(job)).toBe(before)
    expect(secretsOnDisk(job, [...formsOf(a), ...formsOf(b), previous.Secret])).toEqual([])
  })

  scenario('for one registry alone', async (world) => {
    const { a, b } = world
    const before = JSON.stringify({ credHelpers: { [a.host]: 'keep' } })
    const { job, kept } = helped(world, before)
    await world.login(a, job)
    await world.login(b, job)
    expect(Object.keys(kept())).toEqual([a.host])
    expect(configText(job)).toContain(b.host)
    await job.posts()
    expect(kept()).toEqual({})
    expect(configText(job)).toBe(before)
  })

  scenario('a credential that somebody has changed since is left alone', async (world) => {
    const { a } = world
    const { job, kept } = helped(world, '{"credsStore":"keep"}')
    await store(job, { ServerURL: a.host, Username: 'somebody', Secret: 'their secret' })
    await world.login(a, job)
    const newer = { ServerURL: a.host, Username: a.username, Secret: 'a newer secret' }
    await store(job, newer)
    const [post] = await job.posts()
    expect(post?.stdout).toContain(`Nothing to undo for ${a.host}`)
    expect(kept()).toEqual({ [a.host]: newer })
  })

  scenario('a refused login leaves the helper as it was', async (world) => {
    const { a } = world
    const { job, kept } = helped(world, '{"credsStore":"keep"}')
    const previous = { ServerURL: a.host, Username: 'somebody', Secret: 'their secret' }
    await store(job, previous)
    const error = failed(await job.step('login', { registry: a.host, username: a.username, password: 'wrong' }))
    expect(stable(error, world)).toContain('login to <registry A>: user name or password refused')
    expect(kept()).toEqual({ [a.host]: previous })
    await job.posts()
    expect(kept()).toEqual({ [a.host]: previous })
    expect(readdirSync(job.dockerConfig)).toEqual(['config.json'])
  })

  scenario('a main that is killed while what stood there is copied leaves no copy', async (world) => {
    const { a } = world
    const { job, kept } = helped(world, '{"credsStore":"keep"}')
    const previous = { ServerURL: a.host, Username: 'somebody', Secret: 'their secret' }
    await store(job, previous)
    const wait = join(world.folder, 'wait')
    writeFileSync(wait, '')
    const { signal } = await job.step(
      'login',
      { registry: a.host, username: a.username, password: a.password },
      {
        env: { WAIT: wait },
        during: async (child) => {
          while (Object.keys(kept()).length < 2) await sleep(5)
          child.kill('SIGKILL')
        },
      },
    )
    expect(signal).toBe('SIGKILL')
    await job.posts()
    expect(kept()).toEqual({ [a.host]: previous })
    expect(readdirSync(job.dockerConfig)).toEqual(['config.json'])
  })

  scenario('one that is not installed is named', async (world) => {
    const { a, job } = world
    writeConfig(job, '{"credsStore":"absent"}')
    const error = failed(await job.step('login', { registry: a.host, username: a.username, password: a.password }))
    expect(error).toContain("the credential helper docker-credential-absent, named in Docker's config.json, cannot be started")
    expect(configText(job)).toBe('{"credsStore":"absent"}')
  })

  scenario('one that fails is named, and what it says is not shown', async (world) => {
    const { a } = world
    const bin = world.programs({ 'docker-credential-broken': '#!/bin/sh\necho the secret\nexit 3\n' })
    const job = world.newJob({ env: { PATH: `${bin}:${bed.bin}:${process.env.PATH}` } })
    writeConfig(job, '{"credsStore":"broken"}')
    const result = await job.step('login', { registry: a.host, username: a.username, password: a.password })
    expect(stable(failed(result), world)).toBe('the credential helper docker-credential-broken failed for <registry A> (exit code 3)')
    expect(result.stdout).not.toContain('the secret')
    await job.posts()
    expect(readdirSync(job.dockerConfig)).toEqual(['config.json'])
  })
})

type Kept = Record<string, { ServerURL: string; Username: string; Secret: string }>

/** A job whose Docker config names the helper, and a view of what the helper keeps. */
function helped(world: World, config: string): { job: Job; kept: () => Kept } {
  const file = join(world.folder, 'kept.json')
  const path = `${world.programs({ 'docker-credential-keep': HELPER })}:${bed.bin}:${process.env.PATH}`
  const job = world.newJob({ env: { PATH: path, KEPT: file } })
  writeConfig(job, config)
  return { job, kept: () => readKept(file) }
}

/** What the helper keeps; nothing while it is being written. */
function readKept(file: string): Kept {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text === '' ? {} : (JSON.parse(text) as Kept)
}

/** Has the helper keep something, as somebody else would. */
async function store(job: Job, credential: Kept[string]): Promise<void> {
  const env: NodeJS.ProcessEnv = job.env()
  const [folder = ''] = (env.PATH ?? '').split(':')
  await run([join(folder, 'docker-credential-keep'), 'store'], { env, input: JSON.stringify(credential) })
}

/** The files of a job, whoever wrote them, in which one of the texts stands. */
function secretsOnDisk(job: Job, secrets: readonly string[]): string[] {
  const folder = dirname(job.workspace)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  return files.filter((file) => {
    if (!statSync(file).isFile()) return false
    const text = readFileSync(file, 'utf8')
    return secrets.some((secret) => text.includes(secret))
  })
}
