import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Env } from '../runner/env.ts'
import type { NodeSetting } from './nodes.ts'

/** The certificates with which a node is reached, as PEM texts or paths; empty for none. */
export interface NodeTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/**
 * A folder for files that only this user may read.
 *
 * @param root such as the runner's folder for temporary files
 * @returns a path that nothing has yet; {@link writePrivate} makes it
 */
export function newFolder(root: string): string {
  return join(root, `manifold-builder-${randomBytes(6).toString('hex')}`)
}

/**
 * The certificates of a node: its own, those of setup-buildx-action's environment variables, or those of the builder.
 *
 * @param index 0 for the first node
 * @see https://docs.docker.com/build/ci/github-actions/configure-builder/#authentication-for-remote-builders
 */
export function nodeTls(node: Pick<NodeSetting, 'ca' | 'cert' | 'key'>, index: number, builder: NodeTls, env: Env): NodeTls {
  const own = { ca: node.ca, cert: node.cert, key: node.key }
  if (own.ca !== '' || own.cert !== '') return { ...builder, ...nonEmpty(own) }
  const prefix = `BUILDER_NODE_${index}_AUTH_TLS_`
  return {
    ...builder,
    ...nonEmpty({ ca: env[`${prefix}CACERT`] ?? '', cert: env[`${prefix}CERT`] ?? '', key: env[`${prefix}KEY`] ?? '' }),
  }
}

/** The texts of keys among inputs and environment: they are to be masked. */
export function secretTexts(keys: readonly string[], env: Env): string[] {
  const named = Object.entries(env).filter(([name]) => /^BUILDER_NODE_\d+_AUTH_TLS_KEY$/.test(name))
  return [...keys, ...named.map(([, value]) => value ?? '')].filter(isPem)
}

/**
 * Writes the certificates of a node as files of mode 0600.
 *
 * @returns the driver options that name them
 * @throws Error that names the input and the path that cannot be read
 */
export async function tlsOptions(tls: NodeTls, index: number, folder: string): Promise<string[]> {
  const files = Object.entries({ cacert: tls.ca, cert: tls.cert, key: tls.key }).filter(([, value]) => value !== '')
  return Promise.all(
    files.map(async ([option, value]) => {
      const path = join(folder, `node-${index}-${option}.pem`)
      await writePrivate(path, await pemText(value, `the ${option} of node ${index + 1}`))
      return csvField(`${option}=${path}`)
    }),
  )
}

/** A PEM text as it is; else the content of the file of that path. @throws Error that says which certificate it is for */
export async function pemText(value: string, what: string): Promise<string> {
  if (isPem(value)) return value.endsWith('\n') ? value : `${value}\n`
  const text = await readFile(value, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`cannot read ${what} (${cause.code}); give the PEM text itself, or the path of a file with it`)
  })
  if (!isPem(text)) throw new Error(`${what} is not in PEM form; it begins with "-----BEGIN"`)
  return text
}

/** Writes a file that only this user may read, in a folder that only this user may enter. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const folder = join(path, '..')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  await writeFile(path, text, { mode: 0o600, flag: 'wx' })
}

/** A value for a flag whose values are CSV. */
export function csvField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN')
}

function nonEmpty(tls: NodeTls): Partial<NodeTls> {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== ''))
}
