import { EVENT_ID, type Event, getScalarValue, parseEvents, YAMLException } from 'js-yaml'

/** YAML without types: text, lists and maps, each with the line where it begins. */
export type YamlNode = YamlText | YamlList | YamlMap

export interface YamlText {
  readonly kind: 'text'
  readonly value: string
  /** Counts from 1. */
  readonly line: number
}

export interface YamlList {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
  readonly line: number
}

export interface YamlMap {
  readonly kind: 'map'
  readonly entries: readonly YamlEntry[]
  readonly line: number
}

export interface YamlEntry {
  readonly key: string
  readonly line: number
  readonly value: YamlNode
}

/** A text that is not YAML. The message holds nothing of the text, which can have secrets in it. */
export class YamlError extends Error {
  readonly line: number

  constructor(line: number, reason: string) {
    super(reason)
    this.name = 'YamlError'
    this.line = line
  }
}

/**
 * Reads one YAML document.
 *
 * @returns undefined for a text without content
 * @throws YamlError for what is not YAML, and for what needs types: keys that are no text
 * @see https://yaml.org/spec/1.2.2/#101-failsafe-schema
 */
export function parseYaml(text: string): YamlNode | undefined {
  return new Reader(text).read()
}

class Reader {
  readonly #text: string
  readonly #anchors = new Map<string, YamlNode>()
  #events: readonly Event[] = []
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  read(): YamlNode | undefined {
    this.#events = this.#parse()
    if (this.#events.filter(({ type }) => type === EVENT_ID.DOCUMENT).length > 1) throw new YamlError(1, 'there is more than one document')
    this.#at = 1
    return this.#events.length > 2 ? this.#node() : undefined
  }

  #parse(): readonly Event[] {
    try {
      return parseEvents(this.#text, {})
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error
      // A reason can quote a word of the text; its first words say enough.
      const reason = error.reason.replace(/["'`<!&*].*$/s, '').trim()
      throw new YamlError((error.mark?.line ?? 0) + 1, reason || 'it cannot be read')
    }
  }

  #node(): YamlNode {
    const event = this.#events[this.#at++]
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, { kind: 'text', value: getScalarValue(this.#text, event), line: this.#lineAt(event.valueStart) })
      case EVENT_ID.SEQUENCE: {
        const line = this.#lineAt(event.start)
        const items: YamlNode[] = []
        while (!this.#pop()) items.push(this.#node())
        return this.#anchored(event, { kind: 'list', items, line })
      }
      case EVENT_ID.MAPPING:
        return this.#anchored(event, this.#map(this.#lineAt(event.start)))
      case EVENT_ID.ALIAS: {
        const node = this.#anchors.get(this.#text.slice(event.anchorStart, event.anchorEnd))
        if (!node) throw new YamlError(this.#lineAt(event.anchorStart), 'an alias names an anchor that is not above it')
        return node
      }
      default:
        throw new YamlError(this.#line, 'it cannot be read')
    }
  }

  #map(line: number): YamlMap {
    const entries: YamlEntry[] = []
    while (!this.#pop()) {
      const key = this.#node()
      if (key.kind !== 'text') throw new YamlError(key.line, 'a key is not plain text')
      if (entries.some((entry) => entry.key === key.value)) throw new YamlError(key.line, 'a key is there twice')
      entries.push({ key: key.value, line: key.line, value: this.#node() })
    }
    return { kind: 'map', entries, line }
  }

  #anchored(event: { readonly anchorStart: number; readonly anchorEnd: number }, node: YamlNode): YamlNode {
    if (event.anchorStart >= 0) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), node)
    return node
  }

  #pop(): boolean {
    if (this.#events[this.#at]?.type !== EVENT_ID.POP) return false
    this.#at++
    return true
  }

  /** An empty value has no place of its own; it counts as being where the text before it is. */
  #lineAt(offset: number): number {
    if (offset >= 0) this.#line = this.#text.slice(0, offset).split('\n').length
    return this.#line
  }
}
