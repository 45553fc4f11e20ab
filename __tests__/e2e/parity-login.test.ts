import { spawnSync } from 'node:child_process'
import { createHmac, createSign } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'
import { bed, configFiles, configText, failed, freshStep, passed, scenario, type World, writeConfig } from './bed.ts'
import { scenarioIf } from './builder-parts.ts'
import { formsOf, readCommands, unmasked } from './commands.ts'
import { listen, serveRegistry, startRegistry } from './servers.ts'

describe('login', () => {
  scenario('to several registries with one credential', async (world) => {
    const [[one], [other]] = [await startRegistry(world, ['me']), await startRegistry(world, ['me'])]
    const registry = `${one?.host}\n${other?.host}`
    const result = passed(await world.job.step('login', { registry, username: 'me', password: one?.password ?? '' }))
    expect(result.stdout).toContain(`Signed in to ${other?.host} as me`)
    expect(Object.keys(JSON.parse(configText(world.job) ?? '{}').auths).sort()).toEqual([one?.host, other?.host].sort())
    await world.job.posts()
    expect(configText(world.job)).toBeUndefined()
  })

  scenario('into a Docker config of the job, with which builders and plugins are found', async (world) => {
    const { job } = world
    // The machine is signed in to B, has a builder, and a plugin of its own.
    await world.login(world.b)
    const machine = configText(job) ?? ''
    mkdirSync(join(job.dockerConfig, 'cli-plugins'))
    const plugin = '#!/bin/sh\necho \'{"SchemaVersion":"0.1.0","Vendor":"v","Version":"1","ShortDescription":"s"}\'\n'
    writeFileSync(join(job.dockerConfig, 'cli-plugins/docker-mine'), plugin, { mode: 0o700 })
    await world.docker('buildx', 'create', '--name', world.id, '--driver', 'remote', 'tcp://127.0.0.1:9')
    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` })

    const { host: registry, username, password } = world.a
    for (let times = 0; times < 2; times++) passed(await job.step('login', { registry, username, password, isolate: 'true' }))
    const own = job.env().DOCKER_CONFIG ?? ''
    expect(own).not.toBe(job.dockerConfig)
    expect(configText(job)).toBe(machine)
    expect(Object.keys(JSON.parse(readFileSync(join(own, 'config.json'), 'utf8')).auths)).toEqual([registry])
    expect(await world.docker('buildx', 'ls')).toContain(world.id)
    expect(await world.docker('info', '--format', '{{range .ClientInfo.Plugins}}{{.Name}} {{end}}')).toMatch(
      /\bbuildx .*\bmine |\bmine .*\bbuildx /,
    )
    // The base is read with the job's credential; the machine's, for B, is not there.
    passed(await world.build({}))
    expect(failed(await world.build({ tags: `${world.repository()}:1`, push: 'true' }))).toContain('sign in to that registry')

    for (const { exitCode } of await job.posts()) expect(exitCode).toBe(0)
    expect(existsSync(own)).toBe(false)
    expect(readdirSync(job.temp)).not.toContain(basename(own))
  })
})

describe('an access key in place of a credential', () => {
  scenario("is changed for AWS's token by AWS's own SDK", async (world) => {
    const { host: registry, username, password } = world.a
    const asked: { target: string; authorization: string; body: string }[] = []
    const authorizationToken = Buffer.from(`${username}:${password}`).toString('base64')
    const aws = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        asked.push({ target: String(request.headers['x-amz-target']), authorization: String(request.headers.authorization), body })
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
        response.end(JSON.stringify({ authorizationData: [{ authorizationToken, proxyEndpoint: `https://${registry}` }] }))
      })
    })
    const env = { AWS_ENDPOINT_URL: `http://${await listen(world, aws)}`, AWS_REGION: 'eu-west-3', AWS_EC2_METADATA_DISABLED: 'true' }
    const secret = 'the-secret-access-key'
    const result = passed(await world.job.step('login', { registry, username: 'AKIAEXAMPLE', password: secret, ecr: 'true' }, { env }))
    expect(asked).toMatchObject([{ target: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken' }])
    expect(asked[0]?.authorization).toContain('Credential=AKIAEXAMPLE/')
    expect(result.stdout).toContain(`Signed in to ${registry} as ${username}`)
    for (const form of [secret, ...formsOf(world.a)]) expect(unmasked(result)).not.toContain(form)
    const masked = readCommands(result.stdout)
      .filter(({ name }) => name === 'add-mask')
      .map(({ message }) => message)
    expect(masked).toEqual(expect.arrayContaining([secret, password]))
    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` })
    passed(await world.build({}))
  })

  scenario("is changed for temporary credentials of Alibaba Cloud's registry, with a signed call", async (world) => {
    const { host: registry, username, password } = world.a
    const secret = 'the-secret-access-key'
    const calls: Record<string, string>[] = []
    const cloud = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        const { Signature, ...parameters } = Object.fromEntries(new URLSearchParams(body))
        calls.push(parameters)
        const right = Signature === sign(parameters, secret)
        response.writeHead(right ? 200 : 400, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify(
            right ? { TempUsername: username, AuthorizationToken: password, ExpireTime: 1 } : { Code: 'SignatureDoesNotMatch' },
          ),
        )
      })
    })
    const inputs = {
      registry,
      username: 'LTAIexample',
      password: secret,
      'acr-instance': 'cri-example',
      'acr-region': 'cn-hangzhou',
      'acr-endpoint': `http://${await listen(world, cloud)}`,
      'security-token': 'sts-token',
    }
    const result = passed(await world.job.step('login', inputs))
    expect(calls).toMatchObject([
      { Action: 'GetAuthorizationToken', AccessKeyId: 'LTAIexample', InstanceId: 'cri-example', SecurityToken: 'sts-token' },
    ])
    expect(result.stdout).toContain(`Signed in to ${registry} as ${username}`)
    for (const form of [secret, 'sts-token', ...formsOf(world.a)]) expect(unmasked(result)).not.toContain(form)
    expect(failed(await world.job.step('login', { ...inputs, password: 'another' }))).toBe(
      `login to ${registry}: the service gives no temporary account (SignatureDoesNotMatch); check the access key, its permission cr:GetAuthorizationToken, and acr-instance`,
    )
  })
})

describe('scope', () => {
  scenario('needs a buildx that knows of it', async (world) => {
    const { host: registry, username, password } = world.a
    const version = bed.buildx?.version ?? ''
    expect(version).toMatch(/^0\.(?:[12]?\d|30)\./)
    const error = failed(await world.job.step('login', { registry, username, password, scope: 'team/app' }))
    expect(error).toMatch(
      /^input scope: needs buildx 0\.31 or newer, and this machine has 0\.\d+\.\S+; install a newer one, or leave the input out$/,
    )
    expect(configFiles(world.job)).toEqual([])
  })

  scenarioIf(bed.tools.buildx !== undefined)('signs in with two accounts on one registry', async (world) => {
    const { host, tokens } = await startTokenRegistry(world)
    writeConfig(world.job, JSON.stringify({ cliPluginsExtraDirs: [join(bed.tools.buildx ?? '', '..')] }))
    for (const name of ['one', 'two']) {
      passed(await world.job.step('login', { registry: host, username: name, password: `password-of-${name}`, scope: name }))
    }
    for (const name of ['one', 'two']) {
      // A layer that BuildKit has seen in another repository of the host it would mount from there, with no scope's credentials.
      world.context({ Dockerfile: 'FROM scratch\nCOPY name /\n', name: `${world.id} ${name}` })
      passed(await world.build({ tags: `${host}/${name}:1`, push: 'true' }))
    }
    expect([...new Set(tokens)].sort()).toEqual(['one pushes to one', 'two pushes to two'])
    await world.job.posts()
    const left = readdirSync(join(world.job.dockerConfig, 'buildx'), { recursive: true, encoding: 'utf8' })
    expect(left.filter((name) => /config\.json|manifold-login/.test(name))).toEqual([])
  })
})

/** The signature of a call, by the rules of the documentation and with nothing of the action's own code. */
function sign(parameters: Readonly<Record<string, string>>, secret: string): string {
  const encode = (text: string) =>
    new URLSearchParams({ '': text }).toString().slice(1).replaceAll('+', '%20').replaceAll('*', '%2A').replaceAll('%7E', '~')
  const sorted = Object.keys(parameters)
    .sort()
    .map((name) => `${encode(name)}=${encode(parameters[name] ?? '')}`)
  return createHmac('sha1', `${secret}&`)
    .update(`POST&%2F&${encode(sorted.join('&'))}`)
    .digest('base64')
}

/**
 * Starts a registry that gives tokens, as the large ones do: only those ask for credentials with a scope.
 *
 * @returns its host, and who was given a token to push where; the account `x` has the password `password-of-x`
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
async function startTokenRegistry(world: World): Promise<{ host: string; tokens: string[] }> {
  const folder = mkdtempSync(join(world.folder, 'tokens-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=tokens',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    certificate,
  ])
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`)
  const x5c = [readFileSync(certificate, 'utf8').replaceAll(/-----[^-]+-----|\s/g, '')]
  const tokens: string[] = []
  const realm = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost')
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const form = new URLSearchParams(body)
      const basic = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64')
        .toString('utf8')
        .split(':')
      const [user, password] = form.has('username') ? [form.get('username'), form.get('password')] : basic
      const scopes = [...searchParams.getAll('scope'), ...form.getAll('scope')].flatMap((each) => each.split(' ')).filter(Boolean)
      if (!user || password !== `password-of-${user}`) return void response.writeHead(401).end()
      const access = scopes.map((scope) => {
        const [type, name = '', actions = ''] = scope.split(':')
        if (actions.includes('push')) tokens.push(`${user} pushes to ${name}`)
        return { type, name, actions: user === name ? actions.split(',') : [] }
      })
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: 'issuer', aud: 'service', sub: user, iat: now, nbf: now - 10, exp: now + 300, jti: `${tokens.length}`, access }
      const text = [{ typ: 'JWT', alg: 'RS256', x5c }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.')
      const token = `${text}.${createSign('sha256').update(text).sign(readFileSync(key), 'base64url')}`
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, access_token: token, expires_in: 300 }))
    })
  })
  const auth = {
    token: { realm: `http://${await listen(world, realm)}/token`, service: 'service', issuer: 'issuer', rootcertbundle: certificate },
  }
  return { host: await serveRegistry(world, auth), tokens }
}
