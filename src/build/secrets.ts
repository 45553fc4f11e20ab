import { flag } from '../docker/command.ts'
import { type InputReader, named } from '../runner/input.ts'
import { joinFields } from '../text/csv.ts'
import { splitEntries } from '../text/list.ts'

/** A secret for `RUN --mount=type=secret,id=…`, and where its value comes from. */
export type Secret =
  | { readonly id: string; readonly kind: 'value'; readonly value: string }
  | { readonly id: string; readonly kind: 'file'; readonly path: string }
  | { readonly id: string; readonly kind: 'env'; readonly name: string }

/** A file to be written before the build, for its owner alone. */
export interface SecretFile {
  readonly path: string
  readonly text: string
}

/**
 * Reads the inputs secrets, secret-files and secret-envs.
 *
 * @throws Error that names the input and the secret's key, or the line where there is no key; never with a value
 * @see https://docs.docker.com/build/ci/github-actions/secrets/
 */
export function readSecrets(input: InputReader): Secret[] {
  return [
    ...readPairs(input, 'secret-envs', { commas: true }).map(([id, name]): Secret => ({ id, kind: 'env', name: name.trim() })),
    ...readPairs(input, 'secrets', { commas: false }).map(([id, value]): Secret => ({ id, kind: 'value', value })),
    ...readPairs(input, 'secret-files', { commas: false }).map(([id, path]): Secret => ({ id, kind: 'file', path: path.trim() })),
  ]
}

/**
 * The flags that hand the secrets to buildx, and the files that those need. A value never stands in a command line, where
 * every process of the machine could read it.
 *
 * @param folder for the files: the step's own, readable for its owner alone
 */
export function planSecrets(secrets: readonly Secret[], folder: string): { flags: string[]; files: SecretFile[] } {
  const files: SecretFile[] = []
  const entries = secrets.map((secret, index) => {
    if (secret.kind === 'env') return [`id=${secret.id}`, `env=${secret.name}`]
    if (secret.kind === 'file') return [`id=${secret.id}`, `src=${secret.path}`]
    const path = `${folder}/secret-${index}`
    files.push({ path, text: secret.value })
    return [`id=${secret.id}`, `src=${path}`]
  })
  return { flags: flag('--secret', entries.map(joinFields)), files }
}

/** What to hide in the log: the lines of each value that are long enough not to blot out ordinary text, such as `}`. */
export function secretLines(secrets: readonly Secret[]): string[] {
  const values = secrets.flatMap((secret) => (secret.kind === 'value' ? secret.value.split(/\r?\n/) : []))
  return [...new Set(values.map((line) => line.trim()).filter((line) => line.length >= SHORTEST))]
}

const SHORTEST = 4

const FORMS: Readonly<Record<string, string>> = {
  secrets: 'key=text',
  'secret-envs': 'key=NAME_OF_VARIABLE',
  'secret-files': 'key=path',
}

function readPairs(input: InputReader, name: string, options: { commas: boolean }): [string, string][] {
  return named(name, () => splitEntries(input(name), options)).map(({ text, line }) => {
    const equals = text.indexOf('=')
    const id = text.slice(0, Math.max(equals, 0)).trim()
    const value = text.slice(equals + 1)
    if (id === '') {
      const hint = name === 'secrets' ? ', and put double quotes around an entry that spans lines' : ''
      throw new Error(`input ${name}, line ${line}: the entry has no key; write it as ${FORMS[name]}${hint}`)
    }
    if (value === '') {
      const hint = name === 'secrets' ? ' (secrets are empty in pull requests from forks)' : ''
      throw new Error(`input ${name}, line ${line}: "${id}" has no value${hint}; write it as ${FORMS[name]}, or leave the line out`)
    }
    return [id, value]
  })
}
