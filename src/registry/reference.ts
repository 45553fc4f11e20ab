/** A repository on a registry, without a tag: `docker.io` + `library/alpine`. */
export interface Repository {
  /** Host with an optional port, as the registry is addressed; `docker.io` for Docker Hub. */
  readonly host: string
  readonly path: string
}

/** An image reference: a repository with a tag, a digest, or both. */
export interface Reference extends Repository {
  readonly tag?: string
  readonly digest?: string
}

// https://github.com/distribution/reference/blob/main/regexp.go
const HOST =
  /^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/
const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]{32,}$/
const HUB_ALIASES = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'])

/**
 * Reads an image reference the way Docker does: no host means Docker Hub, one path part there means `library/`.
 *
 * @param text such as `app:1`, `ghcr.io/me/app`, `127.0.0.1:5000/app@sha256:…`
 * @returns its parts; `tag` and `digest` only where given
 * @throws Error that says which part is wrong and what is allowed there
 * @see https://github.com/distribution/reference/blob/main/normalize.go
 */
export function parseReference(text: string): Reference {
  const [named = '', digest, ...more] = text.split('@')
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) {
    throw new Error(`"${text}" has an invalid digest; it has the form sha256:<64 hexadecimal digits>`)
  }
  const colon = named.lastIndexOf(':')
  const tagged = colon > named.lastIndexOf('/')
  const tag = tagged ? named.slice(colon + 1) : undefined
  if (tag !== undefined && !isTag(tag)) {
    throw new Error(`"${text}" has an invalid tag; ${TAG_RULE}`)
  }
  const repository = readRepository(tagged ? named.slice(0, colon) : named, text)
  return { ...repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
}

/**
 * Reads a repository name, without tag or digest.
 *
 * @param text such as `app`, `me/app`, `registry.example.com:5000/team/app`
 * @returns host and path, normalised for Docker Hub
 * @throws Error that says which part is wrong and what is allowed there
 */
export function parseRepository(text: string): Repository {
  return readRepository(text, text)
}

/** @param whole what the user wrote, for the errors */
function readRepository(text: string, whole: string): Repository {
  const slash = text.indexOf('/')
  const first = slash < 0 ? '' : text.slice(0, slash)
  // A first part is a host only if it cannot be a path part: normalize.go, splitDockerDomain.
  const plain = /[.:[]/.test(first) || first === 'localhost'
  const hosted = plain || first !== first.toLowerCase()
  // A host that is known for one by its capitals alone must keep them.
  const host = plain ? canonicalHost(first) : hosted ? first : 'docker.io'
  const given = hosted ? text.slice(slash + 1) : text
  if (!HOST.test(host)) throw new Error(`"${whole}" has an invalid registry host "${host}"`)
  if (!PATH.test(given)) {
    if (/[:@]/.test(given)) throw new Error(`"${whole}" has a tag or a digest; write the repository alone`)
    const hint = PATH.test(given.toLowerCase()) ? `; write it in lower case: "${given.toLowerCase()}"` : ''
    throw new Error(
      given === ''
        ? `"${whole}" names no repository`
        : `"${whole}" has an invalid repository name; lower-case letters, digits, "/", and single ".", "_", "-" between them are allowed${hint}`,
    )
  }
  if (given.length > 255) throw new Error(`"${whole}" has a repository name of more than 255 characters`)
  return { host, path: host === 'docker.io' && !given.includes('/') ? `library/${given}` : given }
}

/** What a tag may look like, in words for an error. */
export const TAG_RULE = 'a tag has 1 to 128 letters, digits, "_", "." or "-", and begins with a letter, a digit or "_"'

/** Whether a registry accepts the text as a tag. @see https://github.com/distribution/reference/blob/main/regexp.go */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

/** One name for a registry's host: Docker Hub's other names become `docker.io`; the case of letters does not count. */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase()
  return HUB_ALIASES.has(lower) ? 'docker.io' : lower
}

/** The reference as users write it: Docker Hub's host and `library/` left out. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`
  return `${formatRepository(reference)}${tag}${digest}`
}

/** The repository as users write it: Docker Hub's host and `library/` left out, where that is read back as the same. */
export function formatRepository({ host, path }: Repository): string {
  if (host !== 'docker.io') return `${host}/${path}`
  // Only one path part belongs to library/; one that looks like a host would be read as a host.
  const short = path.replace(/^library\/(?=[^/]+$)/, '')
  return /^(?:localhost|[^/]*\.[^/]*)\//.test(short) ? `${host}/${path}` : short
}
