import { FAILSAFE_SCHEMA, load, YAMLException } from 'js-yaml'

/**
 * Reads YAML without types: every scalar stays the text it is.
 *
 * @returns undefined for an empty text
 * @throws Error with the reason and the line, without any of the text, which can hold keys
 */
export function parseYaml(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return load(text, { schema: FAILSAFE_SCHEMA })
  } catch (error) {
    // The parser's message shows the lines around the fault: only the first words of the reason and the line are kept.
    const reason = error instanceof YAMLException ? error.reason.replace(/["'`<!&*].*$/s, '').trim() : ''
    const line = error instanceof YAMLException && error.mark ? `line ${error.mark.line + 1}` : ''
    const fault = [reason, line].filter((part) => part !== '').join(', ')
    throw new Error(`is not valid YAML${fault === '' ? '' : ` (${fault})`}; quote values with special characters`)
  }
}

/** A mapping, as far as it is one. */
export type YamlMap = Readonly<Record<string, unknown>>

/** Whether a value is a mapping. */
export function isMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A field that holds one text or a list of texts.
 *
 * @throws Error that names the field when it holds something else
 */
export function texts(map: YamlMap, name: string): string[] {
  const value = map[name]
  if (value === undefined || value === null) return []
  const list = Array.isArray(value) ? value : [value]
  return list.map((each: unknown) => {
    if (typeof each !== 'string') throw new Error(`"${name}" must be a text or a list of texts`)
    return each.trim()
  })
}

/** A field that holds one text; the empty string where there is none. @throws Error that names the field */
export function text(map: YamlMap, name: string): string {
  const value = map[name]
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new Error(`"${name}" must be plain text`)
  return value.trim()
}

/** A switch; false where there is none. @throws Error that names the field */
export function flagged(map: YamlMap, name: string): boolean {
  const value = text(map, name)
  if (value === '' || value === 'false') return false
  if (value === 'true') return true
  throw new Error(`"${name}" must be true or false`)
}

/** Refuses fields that nobody reads, so that a slip of the pen is not taken for a setting. @throws Error that names the first */
export function known(map: YamlMap, names: readonly string[]): void {
  const other = Object.keys(map).find((name) => !names.includes(name))
  if (other !== undefined) throw new Error(`"${other}" is not known; known are ${names.join(', ')}`)
}
