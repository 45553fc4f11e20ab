import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findCommand, run } from '../../testbed/command.mjs'
import type { Account, World } from './bed.ts'

/**
 * Starts a registry of the test's own, for what the test bed's two cannot do: several accounts on one registry.
 *
 * @returns an account for each user name, with a password of digits, which YAML would take for a number
 */
export async function startRegistry(world: World, users: readonly string[]): Promise<Account[]> {
  const htpasswd = findCommand('htpasswd') ?? ''
  const table = join(mkdtempSync(join(world.folder, 'accounts-')), 'htpasswd')
  const accounts = users.map((username, at) => ({ username, password: `${735_100_000 + at}` }))
  for (const { username, password } of accounts) {
    const lines = await run([htpasswd, '-niBC', '5', username], { input: password, part: 'htpasswd' })
    writeFileSync(table, lines.trimEnd().concat('\n'), { flag: 'a', mode: 0o600 })
  }
  const host = await serveRegistry(world, { htpasswd: { realm: 'a registry of a test', path: table } })
  return accounts.map((account) => ({ host, ...account }))
}

/**
 * Starts a registry.
 *
 * @param auth how it asks for accounts: https://distribution.github.io/distribution/about/configuration/#auth
 * @returns its host
 */
export async function serveRegistry(world: World, auth: object): Promise<string> {
  const registry = findCommand('docker-registry') ?? ''
  const folder = mkdtempSync(join(world.folder, 'registry-'))
  const host = `127.0.0.1:${await freePort()}`
  const settings = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') } },
    http: { addr: host },
    auth,
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(settings))
  const child = spawn(registry, ['serve', join(folder, 'config.json')], { stdio: 'ignore' })
  world.onEnd(async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  for (let tries = 0; tries < 200; tries++) {
    const status = await fetch(`http://${host}/v2/`).then(
      (answer) => answer.status,
      () => 0,
    )
    if (status === 401) return host
    await sleep(25)
  }
  throw new Error(`the registry on ${host} does not answer`)
}

/** An address on which nobody listens. */
export async function closedAddress(): Promise<string> {
  return `127.0.0.1:${await freePort()}`
}

/** Listens on a free port of the loopback interface until the world is removed. @returns the address */
export async function listen(world: World, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  world.onEnd(() => server.close())
  return `127.0.0.1:${portOf(server)}`
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not a TCP server')
  return address.port
}
