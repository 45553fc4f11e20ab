/** The JSON that a runner tells an event's details by. */
export class Payload {
  readonly #value: unknown

  /** @param text JSON; anything else counts as an event without details, since no step may fail for want of them */
  constructor(text: string) {
    try {
      this.#value = JSON.parse(text)
    } catch {
      this.#value = undefined
    }
  }

  /** The text at a path of names; undefined where there is none. */
  text(...path: readonly string[]): string | undefined {
    const value = this.#at(path)
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  number(...path: readonly string[]): number | undefined {
    const value = this.#at(path)
    return typeof value === 'number' ? value : undefined
  }

  has(...path: readonly string[]): boolean {
    const value = this.#at(path)
    return value !== undefined && value !== null
  }

  flag(...path: readonly string[]): boolean {
    return this.#at(path) === true
  }

  /** A moment, told in RFC 3339 or in seconds since 1970. */
  time(...path: readonly string[]): Date | undefined {
    const seconds = this.number(...path)
    const date = new Date(seconds === undefined ? (this.text(...path) ?? '') : seconds * 1000)
    return Number.isNaN(date.getTime()) ? undefined : date
  }

  #at(path: readonly string[]): unknown {
    return path.reduce<unknown>((value, name) => {
      return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined
    }, this.#value)
  }
}
