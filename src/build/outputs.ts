import { type InputReader, named } from '../runner/input.ts'
import { joinFields, splitFields } from '../text/csv.ts'
import { splitEntries } from '../text/list.ts'

/** One destination of the build's result: an exporter and its attributes, in the order in which they were written. */
export interface Output {
  readonly type: string
  readonly attributes: ReadonlyMap<string, string>
}

/**
 * Reads the input outputs.
 *
 * @throws Error that names the line
 * @see https://docs.docker.com/build/exporters/
 */
export function readOutputs(input: InputReader): Output[] {
  return named('outputs', () => splitEntries(input('outputs'), { commas: false })).map(({ text, line }) => {
    try {
      return parseOutput(text)
    } catch (cause) {
      throw new Error(`input outputs, line ${line}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  })
}

/**
 * Reads an output as buildx does: `type=…,key=value,…`, or a path alone for a folder.
 *
 * @throws Error that says what is missing
 * @see https://github.com/docker/buildx/blob/master/util/buildflags/export.go
 */
export function parseOutput(text: string): Output {
  const fields = splitFields(text)
  if (fields.length === 1 && fields[0] === text && !text.startsWith('type=')) {
    return text === '-' ? { type: 'tar', attributes: new Map([['dest', '-']]) } : { type: 'local', attributes: new Map([['dest', text]]) }
  }
  const attributes = new Map<string, string>()
  for (const field of fields) {
    const equals = field.indexOf('=')
    if (equals < 0) throw new Error(`"${field}" has no "="; write it as key=value`)
    attributes.set(field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1))
  }
  const type = attributes.get('type') ?? ''
  if (type === '') throw new Error('it has no type; write it as type=local,dest=path')
  attributes.delete('type')
  return { type, attributes }
}

/** The output as buildx takes it. */
export function formatOutput({ type, attributes }: Output): string {
  return joinFields([`type=${type}`, ...[...attributes].map(([key, value]) => `${key}=${value}`)])
}

/** The output with attributes added that it does not have yet. */
export function withDefaults({ type, attributes }: Output, defaults: Readonly<Record<string, string>>): Output {
  return { type, attributes: new Map([...attributes, ...Object.entries(defaults).filter(([key]) => !attributes.has(key))]) }
}

/** Whether an output ends in a registry. */
export function isPushed({ type, attributes }: Output): boolean {
  return type === 'registry' || (type === 'image' && isTrue(attributes.get('push')))
}

/** Whether it is pushed without a tag, to be named by its digest alone. */
export function isPushedByDigest(output: Output): boolean {
  return isPushed(output) && isTrue(output.attributes.get('push-by-digest'))
}

/** Whether an output ends in the engine's images. */
export function isLoaded({ type, attributes }: Output): boolean {
  return type === 'docker' && !attributes.has('dest')
}

/** Whether an output is an image, so that it has layers to compress and can carry attestations. */
export function isImage({ type }: Output): boolean {
  return type === 'image' || type === 'registry' || type === 'oci' || type === 'docker'
}

/** The names that an output gives to its image. They count only where the build has no tags. */
export function namesOf({ attributes }: Output): string[] {
  return (attributes.get('name') ?? '').split(',').filter((name) => name.trim() !== '')
}

/** As Go reads a switch. @see https://pkg.go.dev/strconv#ParseBool */
function isTrue(text: string | undefined): boolean {
  return /^(?:1|t|true)$/i.test(text ?? '')
}
