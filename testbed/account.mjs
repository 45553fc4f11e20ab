// The one account that each registry has.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { run } from './command.mjs'

/** @typedef {{username: string, password: string, port?: number}} Account `port`: where its registry listens, once that is chosen */

/**
 * @param {string} root the registry's folder
 * @param {string} name
 * @returns {Account} made at the first call, and kept
 */
export function accountOf(root, name) {
  const path = join(root, 'account.json')
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))
  const account = { username: `account-${name}`, password: password() }
  writeAccount(root, account)
  return account
}

/**
 * @param {string} root
 * @param {Account} account
 */
export function writeAccount(root, account) {
  writeFileSync(join(root, 'account.json'), JSON.stringify(account), { mode: 0o600 })
}

/**
 * @param {Account} account
 * @param {string} part for errors
 * @returns {Promise<string>} what the registry's list of accounts consists of
 */
export async function htpasswdLine({ username, password }, part) {
  return `${username}:${await bcrypt(password, part)}\n`
}

/**
 * The one kind of hash that the registry takes. Perl, which no Debian is without, has the C library make it.
 * https://manpages.debian.org/bookworm/libcrypt-dev/crypt.5.en.html ("bcrypt")
 *
 * @param {string} password goes through stdin: argv is for everybody on the machine to read
 * @param {string} part
 * @returns {Promise<string>}
 */
async function bcrypt(password, part) {
  const salt = randomBytes(16).toString('base64').replaceAll('+', '.').slice(0, 21)
  const hash = await run(['perl', '-e', 'local $/; print crypt(<STDIN>, $ARGV[0])', `$2b$05$${salt}.`], { part, input: password })
  if (!hash.startsWith('$2b$'))
    throw new Error(`${part}: the C library of this machine cannot make a bcrypt hash for the registry's account`)
  return hash
}

/** @returns {string} with what a shell, YAML, JSON, CSV or a form would trip over, so that a fault in quoting shows */
function password() {
  const random = () => randomBytes(6).toString('base64url')
  return `${random()}$HOME "${random()}", '${random()}'\\%:#`
}
