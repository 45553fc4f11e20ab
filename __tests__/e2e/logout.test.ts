import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../testbed/command.mjs'
import { type Account, bed, configFiles, configText, type Job, passed, scenario, together, type World, writeConfig } from './bed.ts'
import { stable } from './commands.ts'
import { startRegistry } from './servers.ts'

describe('the end of a job undoes what its logins did, and nothing else', () => {
  scenario('an entry that stood there before is put back, byte for byte', async (world) => {
    const { a, b, job } = world
    const before = unusualConfig({ [a.host]: entryOf('somebody', 'else'), 'r.example.com': entryOf('x', 'y') })
    writeConfig(job, before)
    await world.login(a)
    await world.login(b)
    expect(usersOf(job)).toEqual({ [a.host]: a.username, [b.host]: b.username, 'r.example.com': 'x' })
    const posts = await job.posts()
    expect(posts.map(({ stdout }) => stable(stdout, world))).toEqual(['Signed out of <registry B>\n', 'Signed out of <registry A>\n'])
    expect(configText(job)).toBe(before)
    expect(configFiles(job)).toEqual(['config.json'])
  })

  scenario('a second post does nothing', async (world) => {
    const { a, job } = world
    const before = unusualConfig({ [a.host]: entryOf('somebody', 'else') })
    writeConfig(job, before)
    await world.login(a)
    await job.posts({ again: true })
    const [again] = await job.posts({ again: true })
    expect(again?.exitCode).toBe(0)
    expect(configText(job)).toBe(before)
    // Even when somebody has signed in with the same account in the meantime.
    await signIn(world, a)
    const between = configText(job)
    await job.posts()
    expect(configText(job)).toBe(between)
  })

  scenario('an entry that somebody has changed since is left alone', async (world) => {
    const { job } = world
    const [one, two] = (await startRegistry(world, ['one', 'two'])) as [Account, Account]
    writeConfig(job, unusualConfig({ [one.host]: entryOf('somebody', 'else') }))
    await world.login(one)
    await signIn(world, two)
    const between = configText(job)
    const [post] = await job.posts()
    expect(post?.stdout).toContain(`Nothing to undo for ${one.host}`)
    expect(configText(job)).toBe(between)
    expect(usersOf(job)).toEqual({ [one.host]: 'two' })
    expect(configFiles(job)).toEqual(['config.json'])
  })

  scenario('other changes of config.json since are kept', async (world) => {
    const { a, b, job } = world
    writeConfig(job, unusualConfig({ [a.host]: entryOf('somebody', 'else') }))
    await world.login(a)
    await signIn(world, b)
    writeConfig(job, (configText(job) ?? '').replace('{', '{"psFormat": "new",'))
    await job.posts()
    expect(usersOf(job)).toEqual({ [a.host]: 'somebody', [b.host]: b.username })
    // `docker login` itself has dropped what it does not know.
    expect(JSON.parse(configText(job) ?? '')).toMatchObject({ psFormat: 'new', detachKeys: 'ctrl-z' })
  })

  scenario('logout: false leaves the sign-in, and nothing of ours', async (world) => {
    const { a, job } = world
    const { host: registry, username, password } = a
    passed(await job.step('login', { registry, username, password, logout: 'false' }))
    const [post] = await job.posts()
    expect(post?.exitCode).toBe(0)
    expect(usersOf(job)).toEqual({ [a.host]: a.username })
    expect(configFiles(job)).toEqual(['config.json'])
  })

  scenario('the post of a login that never began does nothing', async (world) => {
    const { job } = world
    await job.step('login', { registry: world.a.host })
    const [post] = await job.posts()
    expect(post).toMatchObject({ exitCode: 0, stdout: '', stderr: '' })
    expect(configFiles(job)).toEqual([])
  })
})

describe('two accounts on one registry', () => {
  for (const order of ['the first job ends first', 'the last job ends first']) {
    scenario(`in two jobs that share a Docker config: ${order}`, async (world) => {
      const { first, second, one, two, before } = await twoJobs(world)
      const ends = order.startsWith('the first') ? [first, second] : [second, first]
      await ends[0]?.posts()
      expect(usersOf(first)).toEqual({ [one.host]: ends[0] === first ? two.username : one.username })
      await ends[1]?.posts()
      expect(configText(first)).toBe(before)
      expect(configFiles(first)).toEqual(['config.json'])
    })
  }

  scenario('in one job, one after the other', async (world) => {
    const { job } = world
    const [one, two] = (await startRegistry(world, ['one', 'two'])) as [Account, Account]
    await world.login(one)
    await world.login(two)
    expect(usersOf(job)).toEqual({ [one.host]: 'two' })
    await job.posts()
    expect(configFiles(job)).toEqual([])
  })
})

describe('eight jobs at once on one Docker config', () => {
  scenario('each finds its sign-in as long as it runs, and at the end the config is as before', async (world) => {
    const { a, b } = world
    const folder = join(world.folder, 'docker')
    mkdirSync(folder, { mode: 0o700 })
    const alias = ({ host, ...account }: Account): Account => ({ ...account, host: host.replace('127.0.0.1', 'localhost') })
    const accounts = [a, b, alias(a), alias(b), a, b, alias(a), alias(b)]
    const work = accounts.map((account) => ({ account, job: shared(world, folder) }))
    const keys = [a, b, alias(a), alias(b)].map(({ host }) => host).sort()
    const jobOf = (at: number) => work[at]?.job as Job
    const before = unusualConfig({ 'r.example.com': entryOf('x', 'y') })
    writeConfig(jobOf(0), before)

    const early = work.slice(0, 4)
    const late = work.slice(4)
    await together(early.map(({ job, account }) => world.login(account, job)))
    expect(Object.keys(usersOf(jobOf(0))).sort()).toEqual([...keys, 'r.example.com'].sort())
    // Four begin while four end: none may take another's sign-in away.
    await together<unknown>([...late.map(({ job, account }) => world.login(account, job)), ...early.map(({ job }) => job.posts())])
    expect(Object.keys(usersOf(jobOf(0))).sort()).toEqual([...keys, 'r.example.com'].sort())
    await together(late.map(({ job }) => job.posts()))
    expect(configText(jobOf(0))).toBe(before)
    expect(readdirSync(folder)).toEqual(['config.json'])
  })

  scenario('all at once, from an empty folder', async (world) => {
    const { a, b } = world
    const folder = join(world.folder, 'docker')
    const work = [a, b, a, b, a, b, a, b].map((account) => ({ account, job: shared(world, folder) }))
    await together(work.map(({ job, account }) => world.login(account, job)))
    const results = await together(work.map(({ job }) => job.posts()))
    expect(results.flat().map(({ exitCode, stdout }) => `${exitCode} ${stdout.includes('::warning')}`)).toEqual(Array(8).fill('0 false'))
    expect(readdirSync(folder)).toEqual([])
  })
})

async function twoJobs(world: World) {
  const [one, two] = (await startRegistry(world, ['one', 'two'])) as [Account, Account]
  const folder = join(world.folder, 'docker')
  mkdirSync(folder, { mode: 0o700 })
  const first = shared(world, folder)
  const second = shared(world, folder)
  const before = unusualConfig({})
  writeConfig(first, before)
  await world.login(one, first)
  await world.login(two, second)
  expect(usersOf(first)).toEqual({ [one.host]: 'two' })
  return { first, second, one, two, before }
}

function shared(world: World, folder: string): Job {
  const job = world.newJob({ env: { DOCKER_CONFIG: folder } })
  job.dockerConfig = folder
  return job
}

/** Signs in as a user would by hand. */
async function signIn({ job }: World, { host, username, password }: Account): Promise<void> {
  const command = [join(bed.bin, 'docker'), 'login', '--username', username, '--password-stdin', host]
  await run(command, { env: job.env(), input: password, part: 'docker login' })
}

/** Not as Docker would format it, and with what it does not know. */
function unusualConfig(auths: Record<string, object>): string {
  const entries = Object.entries(auths).map(([key, value]) => `\n   ${JSON.stringify(key)} :${JSON.stringify(value)}`)
  return `{ "detachKeys":"ctrl-z",\r\n\t"unknown" : { "key" : [ 1,2.5, null ] },"auths":{${entries.join(',')}}\n\n}`
}

function entryOf(username: string, password: string): object {
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') }
}

/** Registry → user name, as config.json says. */
function usersOf(job: Job): Record<string, string | undefined> {
  const { auths = {} } = JSON.parse(configText(job) ?? '{}') as { auths?: Record<string, { auth: string }> }
  return Object.fromEntries(Object.entries(auths).map(([key, { auth }]) => [key, Buffer.from(auth, 'base64').toString().split(':')[0]]))
}
