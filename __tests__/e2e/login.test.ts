import { bed, configFiles, configText, failed, passed, scenario, type World, writeConfig } from './bed.ts'
import { formsOf, readCommands, showCommands, stable, unmasked } from './commands.ts'
import { closedAddress, startRegistry } from './servers.ts'

type Inputs = Record<string, string>

describe('a login that cannot work', () => {
  scenario('a wrong password', async (world) => {
    const error = await fails(world, { registry: world.a.host, username: 'account-a', password: 'not "this", $HOME' })
    expect(error).toMatch(
      /^login to <registry A>: user name or password refused for "account-a"; check the inputs username and password, and that the token has not expired \(.*401.*\)$/,
    )
    expect(error).not.toContain('not "this"')
  })

  scenario('a registry that is down', async (world) => {
    const registry = await closedAddress()
    const error = await fails(world, { registry, username: 'me', password: 'secret-of-mine' })
    expect(error).toMatch(
      /^login to 127\.0\.0\.1:\d+: cannot be reached; check the input registry and the network \(.*connection refused\)$/,
    )
  })

  scenario('a host that does not exist', async (world) => {
    const error = await fails(world, { registry: 'registry.invalid', username: 'me', password: 'secret-of-mine' })
    expect(error).toMatch(/^login to registry\.invalid: cannot be reached; check the input registry and the network \(.*\)$/)
  })

  const missing: [string, Inputs, string][] = [
    ['username', { username: '' }, 'input username: is empty, but signing in to <registry A> needs one; set it'],
    ['password', { password: ' ' }, 'input password: is empty, but signing in to <registry A> needs one; set it'],
  ]
  for (const [name, inputs, error] of missing) {
    scenario(`no ${name}`, async (world) => {
      expect(await fails(world, { registry: world.a.host, username: 'me', password: 'secret-of-mine', ...inputs })).toContain(error)
    })
  }

  scenario('a docker that fails without a word', async (world) => {
    const path = `${world.programs({ docker: '#!/bin/sh\ncat >/dev/null\nexit 7\n' })}:${process.env.PATH}`
    const error = await fails(world, { registry: world.a.host, username: 'me', password: 'secret-of-mine' }, path)
    expect(error).toBe('login to <registry A>: docker login ended with exit code 7 and said nothing; run it by hand on this machine')
  })

  scenario('a docker that fails and says Login Succeeded', async (world) => {
    const path = `${world.programs({ docker: '#!/bin/sh\necho Login Succeeded\nexit 1\n' })}:${process.env.PATH}`
    const error = await fails(world, { registry: world.a.host, username: 'me', password: 'secret-of-mine' }, path)
    expect(error).toBe('login to <registry A>: docker login ended with exit code 1: Login Succeeded')
  })

  scenario('no docker at all', async (world) => {
    const error = await fails(world, { registry: world.a.host, username: 'me', password: 'secret-of-mine' }, world.programs({}))
    expect(error).toContain('cannot start docker: it is not installed or not in PATH')
  })

  scenario("Docker's config.json is malformed: it stays as it is, and is not shown", async (world) => {
    const { a, job } = world
    writeConfig(job, '{"auths": {"x": {"auth": "c2VjcmV0"}},}')
    const error = failed(await job.step('login', { registry: a.host, username: a.username, password: a.password }))
    expect(stable(error, world)).toBe('<docker>/config.json is not valid JSON: repair or remove it')
    await job.posts()
    expect(configText(job)).toBe('{"auths": {"x": {"auth": "c2VjcmV0"}},}')
    expect(configFiles(job)).toEqual(['config.json'])
  })
})

describe('registry-auth', () => {
  scenario('several registries, a password of digits, and each is masked', async (world) => {
    const { a, b, job } = world
    const [own] = await startRegistry(world, ['me'])
    const list = [
      `- registry: ${a.host}\n  username: ${a.username}\n  password: ${JSON.stringify(a.password)}`,
      `- registry: ${b.host}\n  username: ${b.username}\n  password: >-\n    ${b.password}`,
      `- registry: ${own?.host}\n  username: me\n  password: ${own?.password}`,
    ]
    const result = passed(await job.step('login', { 'registry-auth': list.join('\n') }))
    const { auths } = JSON.parse(configText(job) ?? '') as { auths: Record<string, { auth: string }> }
    expect(Object.keys(auths).sort()).toEqual([a.host, b.host, own?.host].sort())
    expect(Buffer.from(auths[own?.host ?? '']?.auth ?? '', 'base64').toString()).toBe(`me:${own?.password}`)
    for (const account of [a, b, own]) for (const form of account ? formsOf(account) : []) expect(unmasked(result)).not.toContain(form)
    expect(showCommands(result, world)).toMatchSnapshot('commands')
    await job.posts()
    expect(configFiles(job)).toEqual([])
  })

  scenario('one of several is refused: the others are undone at the end', async (world) => {
    const { a, b, job } = world
    const entry = ({ host, username, password }: typeof a) => ({ registry: host, username, password })
    const list = JSON.stringify([entry(a), { ...entry(b), password: 'wrong' }])
    expect(stable(failed(await job.step('login', { 'registry-auth': list })), world)).toContain(
      'login to <registry B>: user name or password refused',
    )
    expect(configText(job)).toContain(a.host)
    expect(configText(job)).not.toContain(b.host)
    await job.posts()
    expect(configFiles(job)).toEqual([])
  })

  const secret = 'hunter2-$HOME'
  const malformed: Record<string, string> = {
    'a value with a colon': `- registry: r.example.com\n  username: me\n  password: ${secret}: x\n`,
    'an open quote': `- registry: r.example.com\n  username: me\n  password: "${secret}\n`,
    'an alias': `- registry: r.example.com\n  username: me\n  password: *${secret}\n`,
    'a tag': `- registry: r.example.com\n  username: me\n  password: !${secret}\n`,
    'a block with bad indentation': `- registry: r.example.com\n  username: me\n  password: |\n   ${secret}\n  ${secret}: "\n`,
    'a tab': `- registry: r.example.com\n\tpassword: ${secret}\n`,
    'a set of values in place of a list': `registry: r.example.com\nusername: me\npassword: ${secret}\n`,
    'plain text': secret,
    'a list of text': `- ${secret}\n`,
    'a password that is a list': `- registry: r.example.com\n  username: me\n  password: [${secret}]\n`,
    'a duplicate key': `- registry: r.example.com\n  password: ${secret}\n  password: ${secret}2\n`,
    'an unknown field': `- registry: r.example.com\n  username: me\n  password: ${secret}\n  passwort: ${secret}\n`,
  }
  for (const [name, list] of Object.entries(malformed)) {
    scenario(`malformed: ${name}; the password is not shown`, async (world) => {
      const result = await world.job.step('login', { 'registry-auth': list })
      expect(failed(result)).toMatch(/^input registry-auth/)
      expect(unmasked(result)).not.toContain(secret)
      expect(failed(result).replace(/^.*?: /, '')).toMatchSnapshot('error')
    })
  }

  scenario('together with the single inputs', async (world) => {
    const list = '- registry: r.example.com\n  username: me\n  password: x\n'
    expect(failed(await world.job.step('login', { 'registry-auth': list, username: 'me' }))).toBe(
      'input username: cannot be used together with registry-auth; move it into the list',
    )
  })
})

describe('masks', () => {
  scenario('each line of a password is masked, before anything else is said', async (world) => {
    const password = '-----BEGIN KEY-----\nfirst line\n\n  second line  \n-----END KEY-----\n'
    const { host: registry } = world.a
    const result = await world.job.step('login', { registry, username: 'account-a', password })
    const commands = readCommands(result.stdout)
    const masked = commands.filter(({ name }) => name === 'add-mask').map(({ message }) => message)
    for (const line of password.split('\n').filter(Boolean)) expect(masked).toContain(line.trim())
    expect(commands[0]?.name).toBe('add-mask')
    expect(result.stdout.startsWith('::add-mask::')).toBe(true)
    expect(showCommands(result, world)).toMatchSnapshot('commands')
  })

  scenario('a password that ends in a newline works, and what Docker stores of it is masked', async (world) => {
    const { host: registry, username, password } = world.a
    const result = passed(await world.job.step('login', { registry, username, password: `${password}\n` }))
    const { auths } = JSON.parse(configText(world.job) ?? '') as { auths: Record<string, { auth: string }> }
    const masked = readCommands(result.stdout).map(({ message }) => message)
    expect(masked).toEqual(expect.arrayContaining([password, auths[registry]?.auth]))
    await world.job.posts()
  })

  scenario('a bad switch fails after the password is masked', async (world) => {
    const { host: registry, username, password } = world.a
    const result = await world.job.step('login', { registry, username, password, logout: 'perhaps' })
    expect(failed(result)).toBe('input logout: must be true or false')
    expect(showCommands(result, world)).toMatchSnapshot('commands')
  })
})

/** Runs a login that must fail and must leave nothing, not even before its post. @returns the error */
async function fails(world: World, inputs: Inputs, path = `${bed.bin}:${process.env.PATH}`): Promise<string> {
  const { job } = world
  const result = await job.step('login', inputs, { env: { PATH: path } })
  expect(configFiles(job)).toEqual([])
  expect(result.outputs).toEqual({})
  if (inputs.password?.trim()) expect(unmasked(result)).not.toContain(inputs.password)
  const posts = await job.posts()
  expect(posts.map(({ exitCode }) => exitCode)).toEqual([0])
  expect(configFiles(job)).toEqual([])
  return stable(failed(result), world)
}
