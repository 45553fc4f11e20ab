import * as core from '@actions/core'

/** Hands a value from main to post. It is written to a file of the runner's: never give it a secret. */
export function saveState(name: string, value: unknown): void {
  core.saveState(name, JSON.stringify(value))
}

/** What main saved under the name, or undefined when main never came so far or the value is not readable. */
export function loadState(name: string): unknown {
  try {
    const text = core.getState(name)
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
