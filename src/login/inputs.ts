import { FAILSAFE_SCHEMA, load, YAMLException } from 'js-yaml'
import { authKey, HUB_KEY } from '../registry/dockerconfig.ts'
import { type InputReader, readBoolean } from '../runner/input.ts'

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
}

export interface LoginConfig {
  readonly accounts: readonly Account[]
  readonly logout: boolean
}

const KNOWN_FIELDS = ['registry', 'username', 'password', 'ecr', 'scope']

/**
 * All passwords in the inputs, to be masked before anything else happens, so that even an error about another input cannot
 * show one. Never throws.
 */
export function readSecrets(input: InputReader): string[] {
  const secrets = [input('password')]
  try {
    for (const item of parseList(input('registry-auth'))) secrets.push(field(item, 'password'))
  } catch {
    // A list that cannot be read may hold a password on any line, so all that looks like a value is one.
    for (const line of input('registry-auth').split('\n')) {
      if (/pass/i.test(line))
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
  const logout = readBoolean(input, 'logout', true)
  const list = input('registry-auth')
  const single = { registry: input('registry').trim(), username: input('username').trim(), password: input('password') }
  refuseLater('input ecr', input('ecr').trim())
  refuseLater('input scope', input('scope').trim())
  if (list.trim() === '') return { accounts: [account(single, 'input ')], logout }
  const clash = Object.entries(single).find(([, value]) => value !== '')
  if (clash) throw new Error(`input ${clash[0]}: cannot be used together with registry-auth; move it into the list`)
  const accounts = parseList(list).map((item, index) => {
    const where = `input registry-auth, entry ${index + 1}: `
    // Its name is not shown: where the blank after a colon was left out, it holds the value.
    const unknown = Object.keys(item).findIndex((name) => !KNOWN_FIELDS.includes(name))
    if (unknown >= 0) {
      throw new Error(
        `${where}field ${unknown + 1} is not known; known are ${KNOWN_FIELDS.join(', ')}, each with a colon and a blank after it`,
      )
    }
    refuseLater(`${where}ecr`, field(item, 'ecr').trim())
    refuseLater(`${where}scope`, field(item, 'scope').trim())
    return account(
      { registry: field(item, 'registry').trim(), username: field(item, 'username').trim(), password: field(item, 'password') },
      where,
    )
  })
  return { accounts, logout }
}

function account(given: { registry: string; username: string; password: string }, where: string): Account {
  const server = given.registry.replace(/^https?:\/\//i, '').replace(/\/.*$/, '')
  const key = authKey(server === '' ? 'docker.io' : server)
  const registry = key === HUB_KEY ? 'docker.io' : server
  if (server === '' && given.registry !== '')
    throw new Error(`${where}registry: "${given.registry}" names no host; write it as registry.example.com`)
  if (/[\s@\p{Cc}]/u.test(server) || server.startsWith('-')) {
    throw new Error(`${where}registry: not a registry's host; write it as registry.example.com or 127.0.0.1:5000`)
  }
  if (given.username === '') throw new Error(`${where}username: is empty, but signing in to ${registry} needs one; set it`)
  if (given.password.trim() === '') {
    throw new Error(
      `${where}password: is empty, but signing in to ${registry} needs one; set it, for example from a secret (secrets are empty in pull requests from forks)`,
    )
  }
  // `docker login --password-stdin` drops one newline at the end too: so what is masked is what gets stored.
  const password = given.password.replace(/\r?\n?$/, '')
  return { server: key === HUB_KEY ? '' : server, registry, key, username: given.username, password }
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

function refuseLater(where: string, value: string): void {
  if (value !== '' && value !== 'false') {
    throw new Error(`${where}: is not supported yet; leave it out and give a user name and a password or token`)
  }
}
