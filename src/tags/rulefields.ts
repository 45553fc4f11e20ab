import { suggest } from '../text/nearest.ts'
import type { YamlEntry, YamlMap, YamlText } from '../text/yaml.ts'

/** Where in the rules something is. */
export interface Place {
  /** The rule, counted from 1. */
  readonly rule?: number
  readonly field?: string
  /** Counts from 1. */
  readonly line: number
}

/** A rule that is wrong: the message names rule, field and line, and holds no value of a build argument. */
export class RuleError extends Error {
  constructor({ rule, field, line }: Place, reason: string, options?: ErrorOptions) {
    super(`${rule === undefined ? '' : `rule ${rule}, `}${field === undefined ? '' : `field ${field}, `}line ${line}: ${reason}`, options)
    this.name = 'RuleError'
  }
}

/** Runs work on a field; its errors get the place. */
export function inField<Value>(place: Place, work: () => Value): Value {
  try {
    return work()
  } catch (cause) {
    throw new RuleError(place, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Reads the fields of one rule, or of one tag in it. */
export class RuleFields {
  readonly #rule: number
  readonly #map: YamlMap
  readonly #prefix: string

  /**
   * @param known the fields that may be there
   * @param prefix what stands before their names in errors
   * @throws RuleError for an unknown one, with the known one that is most like it
   */
  constructor(rule: number, map: YamlMap, { known, prefix = '' }: { known: readonly string[]; prefix?: string }) {
    this.#rule = rule
    this.#map = map
    this.#prefix = prefix
    const unknown = map.entries.find(({ key }) => !known.includes(key))
    if (unknown) throw this.error(unknown.key, `is not known${suggest(unknown.key, known)}`, unknown.line)
  }

  /** Undefined where the field is not there. */
  entry(field: string): YamlEntry | undefined {
    return this.#map.entries.find(({ key }) => key === field)
  }

  /** The text of a field; undefined for none or an empty one. */
  text(field: string): YamlText | undefined {
    const entry = this.entry(field)
    if (!entry) return undefined
    if (entry.value.kind !== 'text') throw this.error(field, 'must be text; quote it if it has special characters', entry.line)
    return entry.value.value === '' ? undefined : entry.value
  }

  /** The texts of a list; one text counts as a list of one. Undefined where the field is not there or empty. */
  texts(field: string): YamlText[] | undefined {
    const entry = this.entry(field)
    if (!entry) return undefined
    if (entry.value.kind === 'map') throw this.error(field, 'must be text or a list', entry.line)
    if (entry.value.kind === 'text') return entry.value.value === '' ? undefined : [entry.value]
    return entry.value.items.map((item) => {
      if (item.kind !== 'text') throw this.error(field, 'must be a list of text; quote values with special characters', item.line)
      return item
    })
  }

  boolean(field: string): boolean | undefined {
    const text = this.text(field)
    if (text === undefined) return undefined
    if (text.value !== 'true' && text.value !== 'false') throw this.error(field, 'must be true or false', text.line)
    return text.value === 'true'
  }

  place(field: string, line = this.entry(field)?.line ?? this.#map.line): Place {
    return { rule: this.#rule, field: `${this.#prefix}${field}`, line }
  }

  error(field: string, reason: string, line?: number): RuleError {
    return new RuleError(this.place(field, line), reason)
  }
}
