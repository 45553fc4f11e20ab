import { FAILSAFE_SCHEMA, load, YAMLException } from 'js-yaml'
import { authKey, HUB_KEY } from '../registry/dockerconfig.ts'
import { type InputReader, named, readBoolean } from '../runner/input.ts'
import { splitCommas } from '../text/list.ts'
import { ecrRegistry } from './ecr.ts'
import { scopeDir } from './scope.ts'

/** One sign-in: everything is there and checked. */
export interface Account {
  /** The argument for `docker login`. */
  readonly server: string
  /** How the registry is named to people. */
  readonly registry: string
  /** The key of the registry in Docker's config.json. */
  readonly key: string
  readonly username: string
  readonly password: string
  /** What of the registry it is for; absent for all. */
  readonly scope?: string
  /** Who gives the credentials for the access key that stands in their place; absent where they are credentials. */
  readonly exchange?: Exchange
}

/** A cloud that changes an access key for a user name and a password. */
export type Exchange =
  | { readonly kind: 'ecr' }
  | { readonly kind: 'acr'; readonly instance: string; readonly region: string; readonly endpoint: string; readonly securityToken: string }

export interface LoginConfig {
  readonly accounts: readonly Account[]
  readonly logout: boolean
  /** Whether the job is to have a Docker config of its own. */
  readonly isolate: boolean
}

const FIELDS = ['registry', 'username', 'password', 'ecr', 'scope', 'acr-instance', 'acr-region', 'acr-endpoint', 'security-token']
const SECRETS = ['password', 'security-token']

/**
 * All passwords in the inputs, to be masked before anything else happens, so that even an error about another input cannot
 * show one. Never throws.
 */
export function readSecrets(input: InputReader): string[] {
  const secrets = SECRETS.map(input)
  try {
    for (const item of parseList(input('registry-auth'))) secrets.push(...SECRETS.map((name) => field(item, name)))
  } catch {
    // A list that cannot be read may hold a password on any line, so all that looks like a value is one.
    for (const line of input('registry-auth').split('\n')) {
      if (/pass|token/i.test(line))
        secrets.push(
          line
            .slice(line.indexOf(':') + 1)
            .trim()
            .replace(/^(['"])(.*)\1$/, '$2'),
        )
    }
  }
  return secrets.filter((secret) => secret.trim() !== '')
}

/**
 * Reads and checks the inputs of the login action.
 *
 * @throws Error that names the input, and never shows a value that could be secret
 */
export function readInputs(input: InputReader): LoginConfig {
  const switches = { logout: readBoolean(input, 'logout', true), isolate: readBoolean(input, 'isolate', false) }
  const list = input('registry-auth')
  if (list.trim() === '') return { ...switches, accounts: accounts(input, 'input ') }
  const clash = FIELDS.find((name) => input(name).trim() !== '')
  if (clash !== undefined) throw new Error(`input ${clash}: cannot be used together with registry-auth; move it into the list`)
  const found = parseList(list).flatMap((item, index) => {
    const where = `input registry-auth, entry ${index + 1}: `
    // Its name is not shown: where the blank after a colon was left out, it holds the value.
    const unknown = Object.keys(item).findIndex((name) => !FIELDS.includes(name))
    if (unknown >= 0) {
      throw new Error(`${where}field ${unknown + 1} is not known; known are ${FIELDS.join(', ')}, each with a colon and a blank after it`)
    }
    return accounts((name) => field(item, name), where)
  })
  return { ...switches, accounts: found }
}

/** How `docker login` is called for a host, and where it puts what it is given. */
export function toAccount(host: string, username: string, password: string): Account {
  const key = authKey(host === '' ? 'docker.io' : host)
  return { server: key === HUB_KEY ? '' : host, registry: key === HUB_KEY ? 'docker.io' : host, key, username, password }
}

/** The accounts of one set of fields: several registries can share one credential. */
function accounts(read: InputReader, where: string): Account[] {
  const hosts = named('registry', () => splitCommas(read('registry')))
  return (hosts.length === 0 ? [''] : hosts).map((registry) => account(read, registry, where))
}

function account(read: InputReader, given: string, where: string): Account {
  const server = given.replace(/^https?:\/\//i, '').replace(/\/.*$/, '')
  if (server === '' && given !== '') throw new Error(`${where}registry: "${given}" names no host; write it as registry.example.com`)
  if (/[\s@\p{Cc}]/u.test(server) || server.startsWith('-')) {
    throw new Error(`${where}registry: not a registry's host; write it as registry.example.com or 127.0.0.1:5000`)
  }
  const username = read('username').trim()
  // `docker login --password-stdin` drops one newline at the end too: so what is masked is what gets stored.
  const password = read('password').replace(/\r?\n?$/, '')
  const found = toAccount(server, username, password)
  const scope = readScope(read('scope').trim(), found.registry, where)
  const by = readExchange(read, server, where)
  // AWS's own rules find a key in the environment.
  if (by?.kind !== 'ecr' || (username === '') !== (password.trim() === '')) checkGiven(found, where)
  return { ...found, ...(scope === '' ? {} : { scope }), ...(by ? { exchange: by } : {}) }
}

function checkGiven({ registry, username, password }: Account, where: string): void {
  if (username === '') throw new Error(`${where}username: is empty, but signing in to ${registry} needs one; set it`)
  if (password.trim() === '') {
    throw new Error(
      `${where}password: is empty, but signing in to ${registry} needs one; set it, for example from a secret (secrets are empty in pull requests from forks)`,
    )
  }
}

function readScope(scope: string, registry: string, where: string): string {
  try {
    if (scope !== '') scopeDir('', registry, scope)
    return scope
  } catch (cause) {
    throw new Error(`${where}scope: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Which cloud is to be asked, if any. A user name AWS comes with a password that AWS has given already. */
function readExchange(read: InputReader, server: string, where: string): Exchange | undefined {
  const ecr = read('ecr').trim().toLowerCase() || 'auto'
  if (!['auto', 'true', 'false'].includes(ecr)) throw new Error(`${where}ecr: must be auto, true or false`)
  const text = (name: string) => read(name).trim()
  const [instance, region, endpoint, securityToken] = [
    text('acr-instance'),
    text('acr-region'),
    text('acr-endpoint'),
    text('security-token'),
  ]
  if (instance !== '') {
    if (endpoint !== '' && !/^https:\/\/|^http:\/\/(?:127(?:\.\d+){3}|localhost|\[::1\])(?::|\/|$)/.test(endpoint)) {
      throw new Error(`${where}acr-endpoint: must be an https address, such as https://cr.cn-hangzhou.aliyuncs.com`)
    }
    return { kind: 'acr', instance, region, endpoint, securityToken }
  }
  const alone = ['acr-region', 'acr-endpoint', 'security-token'].find((name) => text(name) !== '')
  if (alone !== undefined) throw new Error(`${where}${alone}: is only used with acr-instance; set that as well, or leave it out`)
  if (ecr === 'false') return undefined
  const isEcr = ecr === 'true' || (text('username') !== 'AWS' && ecrRegistry(server, {}) !== undefined)
  return isEcr ? { kind: 'ecr' } : undefined
}

type Item = Readonly<Record<string, unknown>>

function parseList(text: string): Item[] {
  if (text.trim() === '') return []
  let parsed: unknown
  try {
    // Without types: a password of digits stays the text it is.
    parsed = load(text, { schema: FAILSAFE_SCHEMA })
  } catch (error) {
    // The parser's message shows the lines around the fault, and its reason can quote a word of them (`*word` as an alias, or
    // the characters of a tag after a colon): only the first words of the reason and the line number are kept.
    const reason = error instanceof YAMLException ? error.reason.replace(/[:"'`<!&*].*$/s, '').trim() : ''
    const line = error instanceof YAMLException && error.mark ? `line ${error.mark.line + 1}` : ''
    const fault = [reason, line].filter((part) => part !== '').join(', ')
    throw new Error(
      `input registry-auth: is not valid YAML${fault === '' ? '' : ` (${fault})`}; write a list of "- registry: …", "  username: …", "  password: …", and quote values with special characters`,
    )
  }
  if (!Array.isArray(parsed)) throw new Error('input registry-auth: is not a YAML list; begin each entry with "- registry: …"')
  return parsed.map((item: unknown, index) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      throw new Error(`input registry-auth, entry ${index + 1}: is not a set of registry, username and password`)
    }
    return item as Item
  })
}

function field(item: Item, name: string): string {
  const value = item[name]
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new Error(`input registry-auth: "${name}" must be plain text`)
  return value
}
